import { StartError } from "./start-error.ts";

/** Why `listen` failed on an address. */
export function listenError(
  cause: unknown,
  {
    flag = "--port",
    host,
    port,
  }: { readonly host: string; readonly port: number; readonly flag?: "--port" | "--admin-port" },
): StartError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const hostFlag = flag === "--port" ? "--host" : "--admin-host";
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new StartError("LISTEN", `Cannot listen on ${place}: another program does`, {
        hint: `Stop it, or choose another port with ${flag} (0 takes any that is free)`,
        cause,
      });
    case "EACCES":
      return new StartError("LISTEN", `Cannot listen on ${place}: this user may not`, {
        hint: `Ports below 1024 are for privileged users: choose another with ${flag}`,
        cause,
      });
    default:
      return new StartError(
        "LISTEN",
        `Cannot listen on ${place}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          hint: `Give an address of this machine with ${hostFlag}: 127.0.0.1 for this machine only, :: for every address`,
          cause,
        },
      );
  }
}
