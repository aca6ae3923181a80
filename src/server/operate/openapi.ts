import { errorCodes } from "../../wire/index.ts";
import { type AnswerName, answers, type Operation, operations } from "./operations.ts";
import type { ObjectSchema } from "./schema.ts";
import { statusOf } from "./status.ts";

/** The API's description in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), made of the table that also routes and validates. */
export function describeApi(): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "Switchboard HTTP API",
      version: "1",
      description:
        "Publishes to a gateway and asks it what it knows. A field that is not listed is refused by its name.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths: Object.fromEntries(
      Object.entries(operations).map(([name, operation]) => [operation.path, describePath(name, operation)]),
    ),
    components: {
      schemas: answers,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "A key of the gateway, with the scope that the operation names.",
        },
      },
    },
  };
}

function describePath(operationId: string, operation: Operation): object {
  const { answer, body, method, scope, summary } = operation;
  const described = {
    operationId,
    summary,
    description: `Needs a key with the scope \`${scope}\`.`,
    parameters: describeParameters(operation),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: { 200: { description: "Done.", content: json(refTo(answer)) }, ...describeErrors() },
  };
  return { [method.toLowerCase()]: described };
}

function describeParameters({ query, takesIdempotencyKey }: Operation): readonly object[] {
  const inQuery = Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: query?.required.includes(name) === true,
    schema,
  }));
  if (takesIdempotencyKey === undefined) return inQuery;
  const description = "The message's id, unless the body has one.";
  return [
    ...inQuery,
    { name: "Idempotency-Key", in: "header", description, schema: { type: "string", maxLength: 64 } },
  ];
}

function describeErrors(): Readonly<Record<string, object>> {
  const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];
  const statuses = [...new Set(codes.map(statusOf))];
  return Object.fromEntries(
    statuses.map((status) => {
      const means = codes
        .filter((code) => statusOf(code) === status)
        .map((code) => `\`${code}\`: ${errorCodes[code]}.`);
      return [status, { description: means.join(" "), content: json(refTo("Error")) }];
    }),
  );
}

function json(schema: ObjectSchema | object): object {
  return { "application/json": { schema } };
}

function refTo(name: AnswerName): object {
  return { $ref: `#/components/schemas/${name}` };
}
