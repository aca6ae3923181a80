import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Within so many pixels of the end counts as the end. */
const endWithinPx = 48;

/** A row that was in sight, and where: it must not move when others come above it or go. */
interface Anchor {
  readonly row: Element;
  readonly topPx: number;
}

export interface StickyScroll {
  readonly isAtEnd: boolean;
  readonly scrollToEnd: () => void;
}

/**
 * Keeps the reader's place: at the end while they are there, else the row they look at.
 *
 * @param content - whatever draws the rows; a change of it is a change of them.
 */
export function useStickyScroll(scroller: RefObject<HTMLElement | null>, content: unknown): StickyScroll {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const sticks = useRef(true);
  const anchor = useRef<Anchor>(undefined);

  const scrollToEnd = useCallback(() => {
    sticks.current = true;
    setIsAtEnd(true);
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (sticks.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current?.row.isConnected === true) {
      element.scrollTop += anchor.current.row.getBoundingClientRect().top - anchor.current.topPx;
    }
    anchor.current = findAnchor(element);
  }, [scroller, content]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let heightPx = element.clientHeight;
    const onScroll = (): void => {
      // A keyboard that opens makes the window lower: that is not the reader going up.
      if (element.clientHeight !== heightPx) return;
      sticks.current = element.scrollHeight - element.clientHeight - element.scrollTop <= endWithinPx;
      setIsAtEnd(sticks.current);
      anchor.current = findAnchor(element);
    };
    const sizes = new ResizeObserver(() => {
      heightPx = element.clientHeight;
      if (sticks.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      sizes.disconnect();
    };
  }, [scroller]);

  return { isAtEnd, scrollToEnd };
}

/** The first row in sight. */
function findAnchor(element: HTMLElement): Anchor | undefined {
  const topOfSightPx = element.getBoundingClientRect().top;
  for (const row of element.querySelectorAll("ol > li")) {
    const { top, bottom } = row.getBoundingClientRect();
    if (bottom > topOfSightPx) return { row, topPx: top };
  }
  return undefined;
}
