import type { ChatMention } from "switchboard/chat";
import { type ReactElement, useMemo, useState } from "react";
import { CheckIcon, CopyIcon } from "./icons.tsx";
import { type Block, type Inline, isJumbo, parseMarkup } from "./markup.ts";

interface MessageBodyProps {
  readonly text: string;
  readonly mentions: readonly ChatMention[];
  readonly ownId: string | undefined;
  readonly isEdited?: boolean;
}

/** What was said, as it is meant. Every text is a text node: nothing that anybody wrote is read as HTML. */
export function MessageBody({ text, mentions, ownId, isEdited = false }: MessageBodyProps): ReactElement {
  const blocks = useMemo(() => parseMarkup(text, mentions), [text, mentions]);
  const edited = isEdited && <span className="edited"> (edited)</span>;
  const isLastText = blocks.at(-1)?.type === "text";
  return (
    <div className={`text${isJumbo(text) ? " jumbo" : ""}`} dir="auto">
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} ownId={ownId}>
          {isLastText && index === blocks.length - 1 && edited}
        </BlockView>
      ))}
      {!isLastText && edited}
    </div>
  );
}

interface BlockViewProps {
  readonly block: Block;
  readonly ownId: string | undefined;
  /** Follows the words of a paragraph. */
  readonly children: ReactElement | false;
}

function BlockView({ block, ownId, children }: BlockViewProps): ReactElement {
  if (block.type === "code") return <CodeBlock text={block.text} language={block.language} />;
  const words = <Parts parts={block.parts} ownId={ownId} />;
  if (block.type === "quote") return <blockquote>{words}</blockquote>;
  return (
    <p>
      {words}
      {children}
    </p>
  );
}

function CodeBlock({ text, language }: { readonly text: string; readonly language: string }): ReactElement {
  const [isCopied, setIsCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setIsCopied(true),
      () => setIsCopied(false), // The browser does not allow it: the text can be selected.
    );
  };
  return (
    <div className="code-block">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by key */}
      <pre tabIndex={0} aria-label={language === "" ? "Code" : `Code, ${language}`} role="group">
        <code>{text}</code>
      </pre>
      <button className="code-copy" type="button" aria-label={isCopied ? "Copied" : "Copy the code"} onClick={copy}>
        {isCopied ? <CheckIcon /> : <CopyIcon />}
      </button>
    </div>
  );
}

interface PartsProps {
  readonly parts: readonly Inline[];
  readonly ownId: string | undefined;
}

function Parts({ parts, ownId }: PartsProps): ReactElement {
  return (
    <>
      {parts.map((part, index) => (
        <Part key={index} part={part} ownId={ownId} />
      ))}
    </>
  );
}

function Part({ part, ownId }: { readonly part: Inline; readonly ownId: string | undefined }): ReactElement {
  switch (part.type) {
    case "text":
      return <>{part.text}</>;
    case "code":
      return <code>{part.text}</code>;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      );
    case "mention":
      return (
        <span className={`mention${part.mention.id === ownId ? " me" : ""}`}>
          @<bdi>{part.mention.name}</bdi>
        </span>
      );
    case "bold":
      return (
        <strong>
          <Parts parts={part.parts} ownId={ownId} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Parts parts={part.parts} ownId={ownId} />
        </em>
      );
    case "underline":
      return (
        <u>
          <Parts parts={part.parts} ownId={ownId} />
        </u>
      );
    case "strike":
      return (
        <s>
          <Parts parts={part.parts} ownId={ownId} />
        </s>
      );
    case "spoiler":
      return <Spoiler parts={part.parts} ownId={ownId} />;
    default:
      return part satisfies never;
  }
}

/** Hidden until it is asked for, from screen readers too. */
function Spoiler({ parts, ownId }: PartsProps): ReactElement {
  const [isShown, setIsShown] = useState(false);
  if (isShown) {
    return (
      <span className="spoiler shown">
        <Parts parts={parts} ownId={ownId} />
      </span>
    );
  }
  return (
    <button className="spoiler" type="button" aria-label="Spoiler. Show it" onClick={() => setIsShown(true)}>
      <span aria-hidden="true" inert>
        <Parts parts={parts} ownId={ownId} />
      </span>
    </button>
  );
}
