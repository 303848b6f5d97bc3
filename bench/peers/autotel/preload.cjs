require('autotel').init({ service: 'bench', logs: true });
