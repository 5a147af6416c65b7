// What is drawn of a recording: peaks and a spectrogram, column by column, from pieces as they come.

export const ROWS = 112;

const TOP = -20; // dB of full scale that is drawn brightest
const RANGE = 76; // dB from there down to black

const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700); // O'Shaughnessy
const hertz = (value) => 700 * (10 ** (value / 2595) - 1);

/** Where a frequency is drawn: 0 at the bottom, 1 at the top. */
export const height = (frequency, rate) => mel(frequency) / mel(rate / 2);

export class Picture {
  /**
   * @param {number} length Of the whole recording, samples.
   * @param {number} columns
   * @param {number} rate Hz.
   */
  constructor(length, columns, rate) {
    this.length = length;
    this.columns = columns;
    this.size = 2 ** Math.round(Math.log2(0.03 * rate));
    this.window = Float32Array.from({ length: this.size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / this.size));
    this.re = new Float32Array(this.size);
    this.im = new Float32Array(this.size);
    this.edges = Array.from({ length: ROWS + 1 }, (_, row) => (hertz((mel(rate / 2) * row) / ROWS) * this.size) / rate);
    this.done = 0;
    this.low = this.high = 0; // of the column that a piece has begun
  }

  /**
   * Draw the columns that end in a piece.
   * @param {Float32Array[]} piece
   * @param {number} start Where it lies, samples.
   */
  add(piece, start) {
    const samples = piece[0].length, end = start + samples, mono = piece[0].slice();
    for (const row of piece.slice(1)) for (let i = 0; i < samples; ++i) mono[i] += row[i];
    if (piece.length > 1) for (let i = 0; i < samples; ++i) mono[i] /= piece.length;
    const first = this.done, peaks = [], levels = [];
    const from = (column) => Math.floor((column * this.length) / this.columns);
    while (this.done < this.columns && from(this.done) < end) {
      const begin = Math.max(0, from(this.done) - start), next = from(this.done + 1) - start;
      const stop = Math.min(samples, Math.max(begin + 1, next));
      for (let i = begin; i < stop; ++i) {
        if (mono[i] < this.low) this.low = mono[i];
        else if (mono[i] > this.high) this.high = mono[i];
      }
      if (next > samples && end < this.length) break; // it goes on in the next piece
      peaks.push(this.low, this.high);
      this.#column(mono, Math.round((begin + stop - this.size) / 2), levels);
      this.low = this.high = 0;
      ++this.done;
    }
    return { first, peaks: Float32Array.from(peaks), levels: Uint8Array.from(levels) };
  }

  #column(mono, at, levels) {
    const { size, re, im, edges } = this;
    at = Math.max(0, Math.min(at, mono.length - size));
    for (let i = 0; i < size; ++i) re[i] = (mono[at + i] ?? 0) * this.window[i];
    im.fill(0);
    fft(re, im);
    for (let row = 0; row < ROWS; ++row) {
      const low = Math.round(edges[row]), high = Math.max(low + 1, Math.round(edges[row + 1]));
      let power = 0;
      for (let bin = low; bin < high; ++bin) power = Math.max(power, re[bin] ** 2 + im[bin] ** 2);
      const decibels = 10 * Math.log10(power + 1e-20) - 20 * Math.log10(size / 4);
      levels.push(Math.max(0, Math.min(255, (255 * (decibels - TOP + RANGE)) / RANGE)));
    }
  }
}

/** In place; the size is a power of two. */
function fft(re, im) {
  const size = re.length;
  for (let i = 1, j = 0; i < size; ++i) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
  }
  for (let half = 1; half < size; half *= 2)
    for (let k = 0; k < half; ++k) {
      const c = Math.cos((Math.PI * k) / half), s = -Math.sin((Math.PI * k) / half);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half, x = c * re[j] - s * im[j], y = s * re[j] + c * im[j];
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
}
