/** What of the command is public: the demonstration chat, as `switchboard/chat`. Nobody imports the command itself. */
export { channels, type ChatEvents, type ChatGateway, type ChatMessage, type ChatTyping } from "./chat.ts";
