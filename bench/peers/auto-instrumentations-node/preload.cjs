require('@opentelemetry/auto-instrumentations-node/register');
