// Plays a recording and its result in step, one of them audible.

import { start } from "./media.js";

const GLIDE = 0.015; // seconds in which one takes the other's place

export class Player extends EventTarget {
  #context;
  #buffers = [null, null];
  #sources = [];
  #gains = [];
  #levels = [1, 1];
  #began = 0;
  #offset = 0;
  playing = false;
  side = 1; // 0 before, 1 after

  get duration() {
    return this.#buffers[0]?.duration ?? 0;
  }

  get time() {
    const time = this.playing ? this.#offset + this.#context.currentTime - this.#began : this.#offset;
    return Math.min(Math.max(time, 0), this.duration);
  }

  /** Take up another recording, from its beginning. */
  load(before) {
    this.pause();
    this.#buffers = [before, null];
    this.#offset = 0;
    this.dispatchEvent(new Event("change"));
  }

  /** The result, or null while there is none: then the recording sounds on both sides. */
  setAfter(after) {
    const time = this.time, { playing } = this;
    this.pause();
    this.#buffers[1] = after;
    this.#offset = time;
    if (playing) this.play();
  }

  /** Linear gains of both sides. */
  setLevels(levels) {
    this.#levels = levels;
    this.#glide();
  }

  setSide(side) {
    this.side = side;
    this.#glide();
    this.dispatchEvent(new Event("change"));
  }

  async play() {
    if (!this.#buffers[0]) return;
    this.pause();
    this.#context ??= new AudioContext();
    if (this.#offset >= this.duration - 0.01) this.#offset = 0;
    this.playing = true; // resuming takes a moment in which pause may be called
    const begin = this.#context.currentTime + 0.02;
    this.#began = begin;
    this.#buffers.forEach((buffer, side) => {
      if (!buffer) return;
      const source = new AudioBufferSourceNode(this.#context, { buffer });
      const gain = new GainNode(this.#context, { gain: this.#gain(side) });
      source.connect(gain).connect(this.#context.destination);
      source.start(begin, this.#offset);
      this.#sources.push(source);
      this.#gains[side] = gain;
    });
    this.#sources[0].onended = () => {
      if (this.playing && this.time >= this.duration - 0.05) {
        this.pause();
        this.#offset = this.duration;
        this.dispatchEvent(new Event("change"));
      }
    };
    this.dispatchEvent(new Event("change"));
    try {
      await start(this.#context);
    } catch (error) {
      this.pause();
      throw error;
    }
  }

  pause() {
    if (!this.playing) return;
    this.#offset = this.time;
    this.playing = false;
    for (const source of this.#sources) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    this.#sources = [];
    this.#gains = [];
    this.dispatchEvent(new Event("change"));
  }

  seek(time) {
    const { playing } = this;
    this.pause();
    this.#offset = Math.min(Math.max(time, 0), this.duration);
    if (playing) this.play();
    else this.dispatchEvent(new Event("change"));
  }

  #gain(side) {
    const heard = this.#buffers[1] ? this.side : 0;
    return side === heard ? this.#levels[side] : 0;
  }

  #glide() {
    this.#gains.forEach((node, side) => {
      const now = this.#context.currentTime;
      node.gain.cancelScheduledValues(now);
      node.gain.setValueAtTime(node.gain.value, now);
      node.gain.linearRampToValueAtTime(this.#gain(side), now + GLIDE);
    });
  }
}
