// The sample rate that a file says it has, so that it can be decoded at that rate: a browser resamples whatever it decodes.

const text = (view, at, length) => {
  let out = "";
  for (let i = 0; i < length && at + i < view.byteLength; ++i) out += String.fromCharCode(view.getUint8(at + i));
  return out;
};

/**
 * Read the sample rate from a file's header.
 * @param {ArrayBuffer} bytes The whole file: some formats have their header at the end.
 * @returns {number | null} Hz, or null where it is not found.
 */
export function fileRate(bytes) {
  const view = new DataView(bytes);
  try {
    const head = text(view, 0, 4);
    if (head === "RIFF" || head === "RF64") return riff(view);
    if (head === "FORM") return aiff(view);
    if (head === "fLaC") return flac(view, 4);
    if (head === "OggS") return ogg(view);
    if (head === "caff") return view.getFloat64(20);
    if (["ftyp", "moov", "mdat", "wide", "free"].includes(text(view, 4, 4))) return mp4(view);
    if (view.getUint32(0) === 0x1a45dfa3) return matroska(view);
    return mpeg(view);
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends too early; the decoder will tell
    throw error;
  }
}

function riff(view) {
  for (let at = 12; ; at += 8 + size(view, at + 4, true)) if (text(view, at, 4) === "fmt ") return view.getUint32(at + 12, true);
}

function aiff(view) {
  for (let at = 12; ; at += 8 + size(view, at + 4, false)) {
    if (text(view, at, 4) !== "COMM") continue;
    // An 80-bit float: sign and exponent, then 64 bits of mantissa.
    return view.getUint32(at + 18) * 2 ** ((view.getUint16(at + 16) & 0x7fff) - 16383 - 31);
  }
}

const size = (view, at, little) => {
  const bytes = view.getUint32(at, little);
  return bytes + (bytes & 1);
};

const flac = (view, at) => (view.getUint32(at + 14) >>> 12) || null;

function ogg(view) {
  const at = 27 + view.getUint8(26);
  if (text(view, at, 8) === "OpusHead") return 48000;
  if (text(view, at + 1, 6) === "vorbis") return view.getUint32(at + 12, true);
  if (text(view, at + 1, 4) === "FLAC") return flac(view, at + 13);
  return null;
}

// Boxes of ISO 14496-12; the sample entry of the first sound track has the rate.
function mp4(view) {
  const find = (start, end, names) => {
    for (let at = start; at + 8 <= end; ) {
      let length = view.getUint32(at), head = 8;
      if (length === 1) [length, head] = [Number(view.getBigUint64(at + 8)), 16];
      const stop = length === 0 ? end : Math.min(at + length, end);
      if (length !== 0 && length < head) return null;
      const name = text(view, at + 4, 4);
      if (name === names[0]) {
        const found = names.length === 1 ? at : find(at + head + (name === "stsd" ? 8 : 0), stop, names.slice(1));
        if (found !== null) return found;
      }
      at = stop;
    }
    return null;
  };
  for (const codec of ["mp4a", "Opus", "fLaC", "alac", "ac-3", "ec-3"]) {
    const entry = find(0, view.byteLength, ["moov", "trak", "mdia", "minf", "stbl", "stsd", codec]);
    if (entry !== null) return view.getUint16(entry + 32) || null; // 16.16, the rest is a fraction
  }
  return null;
}

// The element SamplingFrequency (0xb5) of the first sound track; it stands near the beginning.
function matroska(view) {
  for (let at = 0; at + 10 < Math.min(view.byteLength, 2 ** 20); ++at) {
    if (view.getUint8(at) !== 0xb5) continue;
    const length = view.getUint8(at + 1);
    const rate = length === 0x88 ? view.getFloat64(at + 2) : length === 0x84 ? view.getFloat32(at + 2) : 0;
    if (rate >= 8000 && rate <= 192000 && Number.isInteger(rate)) return rate;
  }
  return null;
}

const MPEG_RATES = [44100, 48000, 32000];
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];

// A frame of MP3, or of AAC in ADTS, after tags of ID3 and zeros.
function mpeg(view) {
  let at = 0;
  while (text(view, at, 3) === "ID3") {
    const bytes = [6, 7, 8, 9].map((i) => view.getUint8(at + i));
    at += 10 + bytes.reduce((sum, byte) => sum * 128 + byte, 0);
  }
  while (!view.getUint8(at)) ++at;
  const sync = view.getUint16(at);
  if ((sync & 0xfff6) === 0xfff0) return AAC_RATES[(view.getUint8(at + 2) >> 2) & 15] ?? null;
  const version = (sync >> 3) & 3, layer = (sync >> 1) & 3, index = (view.getUint8(at + 2) >> 2) & 3;
  if ((sync & 0xffe0) !== 0xffe0 || version === 1 || layer === 0 || index === 3) return null;
  return MPEG_RATES[index] / (version === 3 ? 1 : version === 2 ? 2 : 4);
}
