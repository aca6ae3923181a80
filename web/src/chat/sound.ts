/** Two short tones, made here: there is no file to load. */
let context: AudioContext | undefined;

/** In hertz, and when each begins, in seconds. */
const tones = {
  message: [
    { hertz: 660, atSeconds: 0 },
    { hertz: 880, atSeconds: 0.08 },
  ],
  call: [
    { hertz: 880, atSeconds: 0 },
    { hertz: 1175, atSeconds: 0.1 },
    { hertz: 880, atSeconds: 0.2 },
  ],
} as const;

const toneSeconds = 0.14;
const loudness = 0.08;

export function playSound(kind: keyof typeof tones): void {
  context ??= new AudioContext();
  void context.resume(); // Browsers hold it until the person has pressed something.
  for (const { hertz, atSeconds } of tones[kind]) {
    const start = context.currentTime + atSeconds;
    const tone = new OscillatorNode(context, { type: "sine", frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setTargetAtTime(loudness, start, 0.01);
    volume.gain.setTargetAtTime(0, start + toneSeconds / 2, 0.03);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + toneSeconds * 2);
  }
}
