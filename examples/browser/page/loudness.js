// Integrated loudness after ITU-R BS.1770-4, in pieces.

// The two filters of its "K-weighting", given there at 48 kHz, as analogue prototypes for any rate: a shelf of 4 dB above
// 1.7 kHz and a high-pass at 38 Hz.
function weighting(rate) {
  const shelf = () => {
    const k = Math.tan((Math.PI * 1681.974450955533) / rate), q = 0.7071752369554196;
    const high = 10 ** (3.999843853973347 / 20), band = high ** 0.4996667741545416, a0 = 1 + k / q + k * k;
    return [
      (high + (band * k) / q + k * k) / a0, (2 * (k * k - high)) / a0, (high - (band * k) / q + k * k) / a0,
      (2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0,
    ];
  };
  const highPass = () => {
    const k = Math.tan((Math.PI * 38.13547087602444) / rate), q = 0.5003270373238773, a0 = 1 + k / q + k * k;
    return [1, -2, 1, (2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0];
  };
  return [shelf(), highPass()];
}

export class Loudness {
  constructor(rate, channels) {
    this.filters = weighting(rate);
    this.state = Array.from({ length: channels }, () => new Float64Array(4));
    this.step = Math.round(rate / 10); // a quarter of a block of 400 ms
    this.energies = [];
    this.energy = 0;
    this.filled = 0;
  }

  /** @param {Float32Array[]} piece */
  add(piece) {
    const [[a, b, c, d, e], [f, g, h, i, j]] = this.filters;
    const length = piece[0].length;
    for (let start = 0; start < length; ) {
      const end = Math.min(length, start + this.step - this.filled);
      for (let row = 0; row < piece.length; ++row) {
        const samples = piece[row], state = this.state[row];
        let [s, t, u, v] = state, sum = 0;
        for (let n = start; n < end; ++n) {
          const x = samples[n], y = a * x + s;
          s = b * x - d * y + t;
          t = c * x - e * y;
          const z = f * y + u;
          u = g * y - i * z + v;
          v = h * y - j * z;
          sum += z * z;
        }
        state.set([s, t, u, v]);
        this.energy += sum;
      }
      this.filled += end - start;
      start = end;
      if (this.filled === this.step) {
        this.energies.push(this.energy / this.step);
        this.energy = this.filled = 0;
      }
    }
  }

  /** LUFS; minus infinity for silence and for less than 400 ms. */
  value() {
    const level = (energy) => -0.691 + 10 * Math.log10(energy);
    const blocks = this.energies.slice(3).map((last, n) => (last + this.energies[n] + this.energies[n + 1] + this.energies[n + 2]) / 4);
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const heard = blocks.filter((energy) => level(energy) > -70);
    if (!heard.length) return -Infinity;
    const gate = level(mean(heard)) - 10;
    return level(mean(heard.filter((energy) => level(energy) > gate)));
  }
}
