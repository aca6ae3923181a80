/** The anchor of a heading, as GitHub makes it, so that one link works there and on the site. */
function slugOf(heading: string): string {
  const kept = heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation}\s-]/gu, "");
  return kept.replaceAll(/\s/gu, "-");
}

/** Slugs of one page: the second of two equal ones gets `-1`. */
export class Slugger {
  readonly #used = new Set<string>();

  take(heading: string): string {
    const slug = slugOf(heading);
    let unique = slug;
    for (let count = 1; this.#used.has(unique); count++) unique = `${slug}-${count}`;
    this.#used.add(unique);
    return unique;
  }
}
