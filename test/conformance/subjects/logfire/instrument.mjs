import * as logfire from '@pydantic/logfire-node';

logfire.configure();
