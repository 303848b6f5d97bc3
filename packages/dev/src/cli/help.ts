/** `sonde --help` */
export const help: string = `sonde: see what a program does, on your own machine

Usage: sonde <command> [options]

Commands:
  dev        receive telemetry and show it in the browser; with a command, run that under it

Options:
  --help     show this; sonde dev --help shows the options of dev
  --version  show the version
`;

/** `sonde dev --help` */
export const devHelp: string = `sonde dev: requests, traces, logs and metrics in the browser

Usage: sonde dev [options] [-- command [arguments]]...

  sonde dev -- node app.js                  run a program with Sonde, and show what it does
  sonde dev -- node a.js -- node b.js       run several at once
  sonde dev -c "npm run api" -c "npm run web"
  sonde dev                                 receive OTLP from any program and language

Node programs are started with @sonde/otel, unless they start it themselves. Other programs send by their own SDK:
its default endpoint is right.

Options:
  -c, --command COMMAND    run a command line of the shell; may be repeated
      --no-preload         do not start Sonde in Node programs; only set the OTEL_* variables
      --port PORT          port of the viewer (4320; 0 is any free one)
      --otlp-port PORT     port for OTLP over HTTP (4318; 0 is any free one)
      --grpc-port PORT     port for OTLP over gRPC (4317; 0 is any free one)
      --no-grpc            do not receive over gRPC
      --host ADDRESS       address to listen on (localhost); any other needs the token that is printed
      --file FILE          keep the session in this file; the next run goes on with it
      --max-size SIZE      most that is kept, such as 512MB (256MB); the oldest goes first
      --max-age AGE        longest that is kept, such as 2h (1d)
      --forward URL        send everything on to a Collector's OTLP/HTTP endpoint as well
      --import FILE        take in a session that was exported (OTLP JSON lines); may be repeated
      --editor TEMPLATE    link to open a source, with {file}, {line} and {column}; none for no links
      --assert ASSERTION   end with 1 unless it holds when the commands have ended; may be repeated
      --open               open the browser
      --help               show this

Assertions choose requests, and say what must hold for them:
  sonde dev --assert 'route="/feed" spans("db") <= 2' -- npm test
  sonde dev --assert 'route="/orders/:id" p95() < 200ms errorRate() = 0' -- npm run load
`;
