import { type Piece, pieceOf } from './piece.ts';
import { ProtobufWriter } from './writer.ts';

const maxLength = 48;
const slots = 64;

/** Texts of which many are the same, such as the messages of a program's log: one that comes again is encoded once. */
export class RepeatedTexts {
  readonly #write: (writer: ProtobufWriter, text: string) => void;
  readonly #texts: string[] = Array.from({ length: slots }, () => '');
  readonly #pieces: (Piece | undefined)[] = Array.from({ length: slots }, () => undefined);

  /** @param write writes the field that holds a text */
  constructor(write: (writer: ProtobufWriter, text: string) => void) {
    this.#write = write;
  }

  write(writer: ProtobufWriter, text: string): void {
    // One of each length is known, which is quick to find and seldom another one.
    const slot = text.length % slots;
    if (text.length > maxLength) this.#write(writer, text);
    else if (this.#texts[slot] === text) writer.piece((this.#pieces[slot] ??= this.#encoded(text)));
    else {
      this.#write(writer, text);
      this.#texts[slot] = text;
      this.#pieces[slot] = undefined;
    }
  }

  #encoded(text: string): Piece {
    const writer = new ProtobufWriter();
    this.#write(writer, text);
    return pieceOf(writer.written);
  }
}
