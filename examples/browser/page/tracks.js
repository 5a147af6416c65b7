// Draws a recording: waveform above spectrogram.

import { ROWS, height } from "./picture.js";

export const COLUMNS = 960;

const WAVE = 64; // height of the waveform, in pixels of the canvas
const TICKS = [500, 1000, 2000, 4000, 8000, 16000]; // Hz

// From silence to full scale; the steps look even, and are told apart without seeing colours.
const COLOURS = [[10, 10, 24], [42, 20, 84], [112, 31, 110], [190, 55, 84], [243, 120, 60], [252, 190, 80], [252, 248, 200]];

const palette = Array.from({ length: 256 }, (_, level) => {
  const at = (level / 255) * (COLOURS.length - 1), low = Math.min(Math.floor(at), COLOURS.length - 2);
  return COLOURS[low].map((value, i) => value + (at - low) * (COLOURS[low + 1][i] - value));
});

export class Track {
  /** @param {HTMLElement} element Holds a canvas and a list of ticks. */
  constructor(element) {
    this.canvas = element.querySelector("canvas");
    this.ticks = element.querySelector(".ticks");
    this.canvas.width = COLUMNS;
    this.canvas.height = WAVE + ROWS;
    this.context = this.canvas.getContext("2d");
  }

  clear(rate) {
    this.context.fillStyle = `rgb(${COLOURS[0].join(" ")})`;
    this.context.fillRect(0, 0, COLUMNS, WAVE + ROWS);
    this.ticks.replaceChildren(
      ...TICKS.filter((frequency) => frequency < 0.46 * rate).map((frequency) => {
        const tick = document.createElement("span");
        tick.textContent = frequency < 1000 ? frequency : `${frequency / 1000}k`;
        tick.style.top = `${(100 * (WAVE + ROWS * (1 - height(frequency, rate)))) / (WAVE + ROWS)}%`;
        return tick;
      }),
    );
  }

  /** @param {{first: number, peaks: Float32Array, levels: Uint8Array}} part */
  draw({ first, peaks, levels }) {
    const columns = peaks.length / 2;
    if (!columns) return;
    this.context.fillStyle = "rgb(150 196 255)";
    for (let i = 0; i < columns; ++i) {
      const middle = WAVE / 2, top = middle - peaks[2 * i + 1] * middle, bottom = middle - peaks[2 * i] * middle;
      this.context.fillRect(first + i, Math.max(0, top - 0.5), 1, Math.min(WAVE, bottom) - Math.max(0, top) + 1);
    }
    const image = this.context.createImageData(columns, ROWS);
    for (let i = 0; i < columns; ++i)
      for (let row = 0; row < ROWS; ++row) {
        const at = 4 * ((ROWS - 1 - row) * columns + i);
        image.data.set(palette[levels[i * ROWS + row]], at);
        image.data[at + 3] = 255;
      }
    this.context.putImageData(image, first, WAVE);
  }
}
