// What the pages 'Draw a digit' and 'Playground' fetch; an error names the file

async function ask(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw Error(`${new URL(url).pathname.split('/').at(-1)} cannot be read (${answer.status})`)
  return answer
}

export const json = url => ask(url).then(o => o.json())

// The bytes of a file that gzip has packed. A picture would be as small, but some browsers change what a page reads from a canvas, as a
// protection against fingerprints.
export async function unpacked(url) {
  const {body} = await ask(url)
  return new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer())
}
