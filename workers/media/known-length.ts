/**
 * The stream with a length that the runtime knows, so that it says Content-Length of it: it breaks where the stream is
 * shorter or longer. Nothing is read ahead, and who stops reading stops the stream.
 */
export function ofKnownLength(stream: ReadableStream<Uint8Array>, length: number): ReadableStream<Uint8Array> {
  const known = new FixedLengthStream(length)
  // Whoever reads is told by what they read.
  stream.pipeTo(known.writable).catch(() => {})
  return known.readable
}
