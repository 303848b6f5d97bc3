/** `sonde --help` */
export const help: string = `sonde: see the telemetry of local programs

Usage: sonde <command> [options]

Commands:
  dev        show requests, traces, logs and metrics in the browser;
             with a command, run it and receive its telemetry
  doctor     find out why telemetry is missing or wrong

Options:
  --help     show this help; sonde dev --help and
             sonde doctor --help show the options
  --version  show the version
`;

/** `sonde dev --help` */
export const devHelp: string = `sonde dev: requests, traces, logs and metrics in the browser

Usage: sonde dev [options] [-- command [arguments]]...

  sonde dev -- node app.js             run a program with Sonde and show it
  sonde dev -- node a.js -- node b.js  run several programs
  sonde dev -c "npm run api" -c "npm run web"
  sonde dev                            receive OTLP from any program

Node.js programs start with @sonde/otel, unless they start OpenTelemetry
themselves. Programs in other languages need no setting: the default endpoint
of their SDK is that of sonde dev.

Commands:
  -c, --command COMMAND    run a shell command line; repeatable
      --no-preload         only set OTEL_* variables, do not start @sonde/otel

Ports (0 is any free port):
      --port PORT          page, API and MCP (4320)
      --otlp-port PORT     OTLP over HTTP (4318)
      --grpc-port PORT     OTLP over gRPC (4317)
      --no-grpc            do not receive OTLP over gRPC
      --host ADDRESS       address to listen on (localhost); requests to any
                           other address need the token that is printed

Session:
      --file FILE          keep the session in FILE; the next run continues it
      --max-size SIZE      keep at most SIZE, such as 512MB (256MB)
      --max-age AGE        keep telemetry for AGE, such as 2h (1d)
      --import FILE        import an exported session (OTLP JSON lines);
                           repeatable
      --forward URL        also forward telemetry to an OTLP/HTTP endpoint

Page:
      --open               open the browser
      --editor TEMPLATE    link to a source, with {file}, {line} and {column}
                           (vscode://file/{file}:{line}:{column}); none
                           disables links

CI:
      --assert ASSERTION   exit with 1 if ASSERTION does not hold after the
                           commands have ended; repeatable

  sonde dev --assert 'route="/feed" spans("db") <= 2' -- npm test
  sonde dev --assert 'p95() < 200ms errorRate() = 0' -- npm run load

      --help               show this help
`;
