// The engine in the audio thread, and a microphone's samples out of it.

import { Engine } from "./engine.js";

const QUANTUM = 128; // samples of a block
const REPORT = 0.25; // seconds between reports
const WARMING = 500; // blocks

// Some browsers give worklets no finer clock than milliseconds: then a block counts as late only when it surely was.
const fine = globalThis.performance?.now !== undefined;
const now = fine ? () => performance.now() : () => Date.now();

registerProcessor(
  "deepdenoise",
  class extends AudioWorkletProcessor {
    constructor({ processorOptions: { module, model, channels, controls } }) {
      super();
      this.controls = controls;
      this.stream = new Engine(module, model).stream(sampleRate, channels, QUANTUM);
      this.silence = Array.from({ length: channels }, () => new Float32Array(QUANTUM));
      // Browsers compile what runs often a second time, for speed: let that happen before sound is due.
      for (let i = 0; i < WARMING; ++i) this.stream.process(this.silence, this.silence, controls);
      this.stream.reset();
      for (const row of this.silence) row.fill(0);
      this.late = (1000 * QUANTUM) / sampleRate + (fine ? 0 : 1);
      this.blocks = this.missed = this.busy = this.worst = this.since = 0;
      this.port.onmessage = ({ data }) => {
        if (data === "stop") this.stopped = true;
        else this.controls = data;
      };
      this.port.postMessage({ latency: this.stream.latency, fine });
    }

    process([input], [output]) {
      if (this.stopped) {
        this.#report();
        this.stream.close();
        return false;
      }
      const start = now();
      this.stream.process(input.length ? input : this.silence, output, this.controls);
      const took = now() - start;
      ++this.blocks;
      this.busy += took;
      this.worst = Math.max(this.worst, took);
      if (took >= this.late) ++this.missed;
      if (++this.since * QUANTUM >= REPORT * sampleRate) this.#report();
      return true;
    }

    #report() {
      const { blocks, missed, busy, worst } = this;
      this.port.postMessage({ blocks, missed, load: busy / ((1000 * this.since * QUANTUM) / sampleRate), worst });
      this.since = this.busy = this.worst = 0;
    }
  },
);

registerProcessor(
  "capture",
  class extends AudioWorkletProcessor {
    part = new Float32Array(4096);
    filled = 0;

    constructor() {
      super();
      // Asked for its last samples, it gives them and ends.
      this.port.onmessage = () => {
        this.ended = true;
        this.port.postMessage({ last: this.part.slice(0, this.filled) });
      };
    }

    process([input]) {
      if (this.ended) return false;
      if (!input.length) return true;
      this.part.set(input[0], this.filled);
      this.filled += input[0].length;
      if (this.filled === this.part.length) {
        this.port.postMessage(this.part, [this.part.buffer]);
        this.part = new Float32Array(4096);
        this.filled = 0;
      }
      return true;
    }
  },
);
