/**
 * GPT-2 writes each byte as one printable character, so that a token is an ordinary string: bytes that are
 * printable in Latin-1 stand for themselves, the other 68 take U+0100 and up, in order.
 */
function buildSymbols(): string[] {
  const symbols = new Array<string>(256);
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    symbols[byte] = String.fromCharCode(printable ? byte : next++);
  }
  return symbols;
}

/** The character that represents each of the 256 bytes. */
export const byteSymbols: readonly string[] = buildSymbols();

const highestSymbol = 0x143;
const byteOfSymbol = new Int16Array(highestSymbol + 1).fill(-1);
for (const [byte, symbol] of byteSymbols.entries()) byteOfSymbol[symbol.charCodeAt(0)] = byte;

const utf8 = new TextEncoder();

/** The bytes a token's symbols represent; the token's own UTF-8 when a character is no byte symbol. */
export function bytesOfToken(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const code = token.charCodeAt(i);
    const byte = code <= highestSymbol ? byteOfSymbol[code]! : -1;
    if (byte < 0) return utf8.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

/** The token that represents these bytes. */
export function tokenOfBytes(bytes: Uint8Array | readonly number[]): string {
  let token = '';
  for (const byte of bytes) token += byteSymbols[byte];
  return token;
}
