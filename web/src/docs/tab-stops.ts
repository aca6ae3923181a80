/** Only what scrolls needs to be reached by the keyboard; without this program every block can be. */
export function trimTabStops(): void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const block of document.querySelectorAll(".prose pre, .prose .table")) observer.observe(block);
}
