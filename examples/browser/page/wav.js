// WAV files of 24 bits.

const PIECE = 2 ** 16; // samples that are written at once
const LARGEST = 2 ** 32 - 1 - 128;

/**
 * Write audio as a WAV file, 24 bits, its own rate and channels. Samples beyond full scale are cut off there.
 * @param {AudioBuffer} audio
 * @returns {Blob}
 */
export function wavFile(audio) {
  const { numberOfChannels: channels, sampleRate: rate, length } = audio;
  const frame = 3 * channels, bytes = frame * length;
  if (bytes > LARGEST) throw new Error("The recording is too long for a WAV file, which holds 4 GB.");
  const parts = [header(channels, rate, bytes)];
  for (let start = 0; start < length; start += PIECE) {
    const count = Math.min(PIECE, length - start), out = new Uint8Array(count * frame), row = new Float32Array(count);
    for (let c = 0; c < channels; ++c) {
      audio.copyFromChannel(row, c, start);
      for (let i = 0, at = 3 * c; i < count; ++i, at += frame) {
        const value = Math.max(-8388608, Math.min(8388607, Math.round(row[i] * 8388608)));
        out[at] = value;
        out[at + 1] = value >> 8;
        out[at + 2] = value >> 16;
      }
    }
    parts.push(out);
  }
  if (bytes & 1) parts.push(new Uint8Array(1));
  return new Blob(parts, { type: "audio/wav" });
}

function header(channels, rate, bytes) {
  const extensible = channels > 2; // which more than two channels need
  const format = extensible ? 40 : 16;
  const view = new DataView(new ArrayBuffer(28 + format));
  let at = 0;
  const text = (word) => { for (const letter of word) view.setUint8(at++, letter.charCodeAt(0)); };
  const number = (value, size) => {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  text("RIFF"); number(20 + format + bytes + (bytes & 1), 4); text("WAVE");
  text("fmt "); number(format, 4); number(extensible ? 0xfffe : 1, 2); number(channels, 2);
  number(rate, 4); number(rate * 3 * channels, 4); number(3 * channels, 2); number(24, 2);
  if (extensible) {
    number(22, 2); number(24, 2); number(0, 4); // no speaker positions: the decoder tells none
    number(1, 2); number(0, 2); number(0x00100000, 4); number(0xaa000080, 4); number(0x719b3800, 4); // PCM
  }
  text("data"); number(bytes, 4);
  return view.buffer;
}
