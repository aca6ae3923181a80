/** A line between a node and NATS that tests listen in on, and break. */
import { type CutLine, type LineFilter, startCutLine } from "./cut-line.ts";

export class NatsProxy {
  /** Subjects of all that NATS sent to the node, in order, the dropped ones too. */
  readonly subjects: string[] = [];
  /** What NATS tells the node on these subjects is lost, as a hint may be. */
  drops: (subject: string) => boolean = () => false;
  /** All that the node sent. */
  #sent = "";
  #wake: () => void = () => undefined;
  #line: CutLine | undefined;

  static async listen(targetPort: number): Promise<NatsProxy> {
    const proxy = new NatsProxy();
    const filter = (): LineFilter =>
      makeSubjectFilter((subject) => {
        proxy.subjects.push(subject);
        return proxy.drops(subject);
      });
    proxy.#line = await startCutLine(`nats://127.0.0.1:${targetPort}`, filter, (chunk) => {
      proxy.#sent += chunk.toString("latin1");
      proxy.#wake();
    });
    return proxy;
  }

  /** Until the node has sent this text so many times. */
  async untilSent(text: string, count: number): Promise<void> {
    while (this.#sent.split(text).length <= count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  get url(): string {
    return this.#line?.url ?? "";
  }

  /** The lines end, and no other comes about. */
  cut(): void {
    this.#line?.cut();
  }

  heal(): void {
    this.#line?.mend();
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }
}

/** Leaves the messages out of one line for whose subject `drops` says so. */
export function makeSubjectFilter(drops: (subject: string) => boolean): LineFilter {
  const filter = new SubjectFilter(drops);
  return (chunk) => filter.take(chunk);
}

/** Cuts what a server sends into its operations and leaves messages out. See docs.nats.io/reference/nats-protocol. */
class SubjectFilter {
  readonly #drops: (subject: string) => boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor(drops: (subject: string) => boolean) {
    this.#drops = drops;
  }

  *take(chunk: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#endOfFirst(); end <= this.#rest.length; end = this.#endOfFirst()) {
      const operation = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      const [name, subject = ""] = operation.subarray(0, operation.indexOf("\r\n")).toString().split(" ");
      const isMessage = name === "MSG" || name === "HMSG";
      if (!isMessage || !this.#drops(subject)) yield operation;
    }
  }

  /** `Infinity` while it is not known. */
  #endOfFirst(): number {
    const lineEnd = this.#rest.indexOf("\r\n");
    if (lineEnd === -1) return Infinity;
    const line = this.#rest.subarray(0, lineEnd).toString();
    const payloadBytes = /^H?MSG /u.test(line) ? Number(line.split(" ").at(-1)) + 2 : 0;
    return lineEnd + 2 + payloadBytes;
  }
}
