/** What of the lab is public, as `switchboard/lab`: what its page and its server say to each other. */
export * from "./messages.ts";
