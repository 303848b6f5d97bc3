require('@elastic/opentelemetry-node');
