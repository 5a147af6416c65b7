// Recordings from files and from the microphone.

import { fileRate } from "./rate.js";

export const MIN_RATE = 8000;
export const MAX_RATE = 192000;

/** The nearest to a sample rate that the engine takes. */
const nearest = (rate) => Math.min(MAX_RATE, Math.max(MIN_RATE, rate));

/** An audio context at the device's own sample rate, or at the nearest that the engine takes. */
export function audioContext(options) {
  const context = new AudioContext(options), rate = nearest(context.sampleRate);
  if (rate === context.sampleRate) return context;
  context.close();
  return new AudioContext({ ...options, sampleRate: rate });
}

/**
 * Decode a file at its own sample rate where that can be.
 * @param {Blob} file
 * @returns {Promise<{audio: AudioBuffer, resampled: string}>} `resampled` says why the rate is another, or is empty.
 */
export async function decode(file) {
  let bytes;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    throw new Error("The file cannot be read: it has gone, or is too large for a browser (some 2 GB); the command deepdenoise takes any length.");
  }
  if (!bytes.byteLength) throw new Error("The file is empty.");
  const stated = fileRate(bytes), own = Number.isFinite(stated) && stated > 0 ? stated : null;
  const rate = nearest(own ?? 48000);
  const context = new OfflineAudioContext(1, 1, rate);
  let audio;
  try {
    audio = await context.decodeAudioData(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new Error("There is not enough memory to decode this recording in one piece.");
    throw new Error("This browser finds no sound in the file that it can decode; WAV, FLAC, MP3 and M4A are safe choices.");
  }
  if (!audio.length) throw new Error("The recording has no samples.");
  const resampled =
    own === null
      ? `resampled to ${kilohertz(rate)}, for its own rate is not known`
      : own !== rate
        ? `resampled from ${kilohertz(own)} to ${kilohertz(rate)}`
        : "";
  return { audio, resampled };
}

export const kilohertz = (rate) => `${rate / 1000} kHz`;

const PATIENCE = 10; // seconds

/** Start an audio context. Where there is no device for sound, some browsers wait for one for ever. */
export async function start(context) {
  let timer;
  const late = new Promise((_, reject) => {
    const error = new Error("The browser does not start to play: is a device for sound connected?");
    timer = setTimeout(() => reject(error), 1000 * PATIENCE);
  });
  try {
    await Promise.race([context.resume(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The microphone as it is: the browser's own processing is off. */
export async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia)
    throw new Error("There is no microphone for this page: browsers give one to pages from https or localhost only.");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    throw new Error(
      error.name === "NotAllowedError"
        ? "The microphone may not be used: allow it for this page in the browser's settings."
        : "There is no microphone that can be used.",
    );
  }
}

export const GONE = "The microphone has gone; connect it, or another, and start again.";

/** Call `action` when a microphone is disconnected or taken away; not when its tracks are stopped. */
export function whenGone(stream, action) {
  for (const track of stream.getTracks()) track.addEventListener("ended", action);
}

/** Records samples from the microphone until `stop`. */
export class Recorder {
  /**
   * @param {(seconds: number) => void} onSeconds
   * @param {() => void} onGone The microphone has gone: `stop` gives what there is.
   */
  async start(onSeconds, onGone) {
    this.stream = await microphone();
    whenGone(this.stream, onGone);
    this.context = audioContext();
    try {
      await this.context.audioWorklet.addModule("processor.js");
      await start(this.context);
      if (this.stream.getTracks().some((track) => track.readyState === "ended")) throw new Error(GONE);
    } catch (error) {
      await this.#end();
      throw error;
    }
    const source = this.context.createMediaStreamSource(this.stream);
    this.node = new AudioWorkletNode(this.context, "capture", {
      numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit",
    });
    this.parts = [];
    let samples = 0;
    this.node.port.onmessage = ({ data }) => {
      const part = data.last ?? data;
      this.parts.push(part);
      if (data.last) this.onLast();
      else onSeconds((samples += part.length) / this.context.sampleRate);
    };
    source.connect(this.node);
  }

  /** Wait for the samples that fill no part; not for ever, for a context that was interrupted may not answer. */
  #last() {
    return new Promise((resolve) => {
      this.onLast = resolve;
      setTimeout(resolve, 1000);
      this.node.port.postMessage("last");
    });
  }

  async #end() {
    for (const track of this.stream.getTracks()) track.stop();
    await this.context.close();
  }

  /** @returns {Promise<AudioBuffer>} */
  async stop() {
    const rate = this.context.sampleRate;
    await this.#last();
    await this.#end();
    const length = this.parts.reduce((sum, part) => sum + part.length, 0);
    if (!length) throw new Error("Nothing was recorded.");
    const audio = new AudioBuffer({ length, numberOfChannels: 1, sampleRate: rate });
    let at = 0;
    for (const part of this.parts) {
      audio.copyToChannel(part, 0, at);
      at += part.length;
    }
    return audio;
  }
}
