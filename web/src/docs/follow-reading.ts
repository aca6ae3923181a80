/** Marks the heading that is being read in the list at the side. */
export function followReading(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>(".outline a")].map((link) => [link.hash.slice(1), link]),
  );
  const headings = [...document.querySelectorAll<HTMLElement>(".prose h2[id], .prose h3[id]")];
  if (headings.length === 0 || links.size === 0) return;
  let marked: HTMLAnchorElement | undefined;
  const mark = (): void => {
    const read = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 4);
    const link = links.get((read ?? headings[0])?.id ?? "");
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    link?.scrollIntoView({ block: "nearest" });
    marked = link;
  };
  const observer = new IntersectionObserver(mark, { rootMargin: "0px 0px -75% 0px" });
  for (const heading of headings) observer.observe(heading);
  mark();
}
