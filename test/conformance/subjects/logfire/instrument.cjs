const logfire = require('@pydantic/logfire-node');

logfire.configure();
