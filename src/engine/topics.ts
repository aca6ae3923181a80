const nobody: ReadonlySet<never> = new Set();

/**
 * Who hears what: a server's topics, each with its members. Nothing is kept for a topic without members, nor for a member
 * without topics.
 */
export class Topics<Member> {
  readonly #maxTopicsPerMember: number;
  readonly #membersOf = new Map<string, Set<Member>>();
  readonly #topicsOf = new Map<Member, Set<string>>();

  constructor(maxTopicsPerMember: number) {
    this.#maxTopicsPerMember = maxTopicsPerMember;
  }

  /** How many topics have members. */
  get count(): number {
    return this.#membersOf.size;
  }

  /** False, with nothing changed, if the member would hear more topics than it may. */
  add(member: Member, topic: string): boolean {
    const topics = this.#topicsOf.get(member);
    if (topics?.has(topic)) return true;
    if ((topics?.size ?? 0) >= this.#maxTopicsPerMember) return false;
    if (topics === undefined) this.#topicsOf.set(member, new Set([topic]));
    else topics.add(topic);
    const members = this.#membersOf.get(topic);
    if (members === undefined) this.#membersOf.set(topic, new Set([member]));
    else members.add(member);
    return true;
  }

  /** False if the member did not hear the topic. */
  remove(member: Member, topic: string): boolean {
    const topics = this.#topicsOf.get(member);
    if (topics === undefined || !topics.delete(topic)) return false;
    if (topics.size === 0) this.#topicsOf.delete(member);
    this.#leave(member, topic);
    return true;
  }

  /** The member is gone, from all its topics. */
  removeAll(member: Member): void {
    const topics = this.#topicsOf.get(member);
    if (topics === undefined) return;
    this.#topicsOf.delete(member);
    for (const topic of topics) this.#leave(member, topic);
  }

  /** Those who hear a topic, in the order in which they came. */
  membersOf(topic: string): ReadonlySet<Member> {
    return this.#membersOf.get(topic) ?? nobody;
  }

  #leave(member: Member, topic: string): void {
    const members = this.#membersOf.get(topic);
    members?.delete(member);
    if (members?.size === 0) this.#membersOf.delete(topic);
  }
}
