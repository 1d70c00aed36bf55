// A bar of block characters, an eighth of a character fine.

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * A bar that fills `fraction` of `width` characters; padded to the width.
 * @example drawBar(0.55, 10) // "█████▌    "
 */
export function drawBar(fraction: number, width: number): string {
  const share = fraction > 0 ? Math.min(1, fraction) : 0;
  const eighths = Math.round(share * width * 8);
  return ("█".repeat(eighths >> 3) + EIGHTHS[eighths & 7]).padEnd(width);
}
