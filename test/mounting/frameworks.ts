/** The frameworks that a gateway and an engine are mounted into, each started as its own documentation has it. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";

export interface Started {
  /** What is attached to. */
  readonly server: Server;
  readonly port: number;
  /** Ends it, in its own way. */
  close(): Promise<unknown>;
}

export interface Framework {
  readonly name: string;
  /** Serves `/hello`. */
  start(): Promise<Started>;
}

const host = "127.0.0.1";

async function started(
  server: Server,
  close: () => Promise<unknown> = promisify(server.close.bind(server)),
): Promise<Started> {
  if (!server.listening) await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port, close };
}

export const frameworks: readonly Framework[] = [
  {
    name: "node:http",
    start: () =>
      started(createServer((request, response) => response.end(`hello from ${request.url}`)).listen(0, host)),
  },
  {
    name: "Express 5",
    start() {
      const app = express();
      app.get("/hello", (request, response) => void response.send(`hello from ${request.path}`));
      return started(app.listen(0, host));
    },
  },
  {
    name: "Fastify 5",
    async start() {
      const app = fastify();
      app.get("/hello", (request) => `hello from ${request.url}`);
      await app.listen({ port: 0, host });
      return started(app.server, () => app.close());
    },
  },
  {
    name: "Hono",
    start() {
      const app = new Hono();
      app.get("/hello", (context) => context.text(`hello from ${context.req.path}`));
      return started(serve({ fetch: app.fetch, port: 0, hostname: host }) as Server);
    },
  },
];
