/** The order of the guide, kept in one place: docs/guide/README.md, which is a page for people too. */
import { posix } from "node:path";

export const guideFolder = "docs/guide";
export const contentsFile = `${guideFolder}/README.md`;

export interface ContentsEntry {
  readonly title: string;
  /** A file or folder of the repository. */
  readonly file: string;
  /** What it is about, in half a sentence. */
  readonly lead: string;
}

export interface ContentsSection {
  readonly title: string;
  readonly entries: readonly ContentsEntry[];
}

/** Reads the sections (`## Title`) and their lists (`- [title](file.md): lead`). */
export function readContents(markdown: string): readonly ContentsSection[] {
  const sections: { readonly title: string; readonly entries: ContentsEntry[] }[] = [];
  for (const line of markdown.split("\n")) {
    const [, section] = /^## (.+)$/u.exec(line) ?? [];
    const [, title, target, lead] = /^- \[(.+?)\]\((.+?)\): (.+)$/u.exec(line) ?? [];
    if (section !== undefined) sections.push({ title: section, entries: [] });
    if (title === undefined || target === undefined || lead === undefined) continue;
    sections.at(-1)?.entries.push({ title, file: posix.join(guideFolder, target), lead });
  }
  return sections;
}

/**
 * Where a file of the repository is on the site: `docs/guide/x.md` is `/docs/x`, `SPEC.md` is `/docs/spec`, `docs/adr/0001-x.md` is
 * `/docs/adr/0001-x`, `api` and `docs/adr` have pages of their own. Undefined for what is not on it.
 */
export function pathOf(file: string): string | undefined {
  if (file === contentsFile) return "/docs";
  if (file === "api" || file === "docs/adr") return `/docs/${posix.basename(file)}`;
  const [, report] = /^api\/(.+)\.api\.md$/u.exec(file) ?? [];
  if (report !== undefined) return `/docs/api/${report}`;
  const [, page] = /^docs\/(?:guide\/)?(.+)\.md$/u.exec(file) ?? [];
  if (page !== undefined) return `/docs/${page}`;
  const [, top] = /^(SPEC|CHANGELOG)\.md$/u.exec(file) ?? [];
  return top === undefined ? undefined : `/docs/${top.toLowerCase()}`;
}
