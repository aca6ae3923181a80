/** The emoji that are offered, with the words they are found by. The first word is the name. */
const rows = `👍 thumbs up yes like|👎 thumbs down no dislike|❤️ heart love|😂 tears of joy laugh lol|😮 surprised wow|😢 crying sad|🎉 party tada celebrate|🔥 fire hot
👏 clapping applause bravo|🙏 folded hands thanks please|💯 hundred perfect|✅ check mark done|❌ cross no|👀 eyes look|🚀 rocket ship launch|🤔 thinking hmm
😀 grinning happy|😄 smiling eyes happy|😅 sweat smile phew|🤣 rolling on the floor laugh|😊 blush smile|😉 wink|😍 heart eyes love|😎 sunglasses cool
🥳 party face celebrate|😇 halo angel|🙃 upside down|😴 sleeping tired|🤯 mind blown|😱 screaming scared|😤 huffing|😡 angry
🤝 handshake deal|👋 waving hello bye|✌️ victory peace|🤞 fingers crossed luck|💪 muscle strong|🫡 salute|🤷 shrug|🙌 raised hands hooray
⭐ star|✨ sparkles|⚡ lightning fast|💡 light bulb idea|🎯 bullseye target|🏆 trophy win|🎁 gift present|🎂 cake birthday
☕ coffee|🍕 pizza|🍻 beers cheers|🌈 rainbow|☀️ sun|🌙 moon night|🐛 bug|🦄 unicorn
🐈 cat|🐕 dog|📌 pin|📎 paperclip|🔒 lock|🔧 wrench fix|💬 speech balloon|☎️ telephone call`;

export interface Emoji {
  readonly emoji: string;
  /** Its name and others that it is found by. */
  readonly words: string;
}

const emojis: readonly Emoji[] = rows.split(/[|\n]/u).map((entry) => {
  const at = entry.indexOf(" ");
  return { emoji: entry.slice(0, at), words: entry.slice(at + 1) };
});

/** Those of which a word begins so; all for an empty question. */
export function findEmojis(question: string): readonly Emoji[] {
  const wanted = question.trim().toLowerCase();
  return emojis.filter(({ words }) => ` ${words}`.includes(` ${wanted}`));
}

/** What to call an emoji, if it is one of those offered. */
export function emojiName(emoji: string): string {
  return emojis.find((one) => one.emoji === emoji)?.words ?? emoji;
}
