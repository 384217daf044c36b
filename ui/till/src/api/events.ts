// The agent's event stream, read by fetch (EventSource cannot send the token), opened again when it ends.
import type { Client } from './client';
import type { AgentEvent } from './types';

/** Parts server-sent text into events (WHATWG HTML, 9.2.6). Text may be cut anywhere. */
export class EventParser {
  #rest = '';

  push(text: string): AgentEvent[] {
    this.#rest += text.replaceAll('\r', '');
    const events: AgentEvent[] = [];
    for (let end = this.#rest.indexOf('\n\n'); end >= 0; end = this.#rest.indexOf('\n\n')) {
      const event = one(this.#rest.slice(0, end));
      if (event) events.push(event);
      this.#rest = this.#rest.slice(end + 2);
    }
    return events;
  }
}

function one(block: string): AgentEvent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
  }
  if (data.length === 0) return null;
  try {
    return { event, data: JSON.parse(data.join('\n')) } as AgentEvent;
  } catch {
    return null;
  }
}

/** How long to wait before opening the stream again, in ms: at once, then slower, never slower than 5 s. */
export function waitBeforeReopen(failures: number): number {
  return failures === 0 ? 0 : Math.min(250 * 2 ** (failures - 1), 5000);
}

/** A stream that stays silent for longer than this is dead: the agent sends a line each 15 s. */
const SILENCE_LIMIT_MS = 40_000;

export interface Listener {
  onEvent: (event: AgentEvent) => void;
  /** The stream (again) runs: what happened in between must be asked for. */
  onOpen: () => void;
  onLost: () => void;
}

/** Listens until `stop` is aborted. */
export async function listen(client: Client, listener: Listener, stop: AbortSignal): Promise<void> {
  let failures = 0;
  while (!stop.aborted) {
    try {
      await readStream(client, listener, stop, () => (failures = 0));
    } catch {
      // Lost in the middle or never opened: the same either way.
    }
    if (stop.aborted) return;
    listener.onLost();
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, waitBeforeReopen(failures)));
  }
}

async function readStream(client: Client, listener: Listener, stop: AbortSignal, opened: () => void) {
  const dead = new AbortController();
  const answer = await client.stream('/v1/events', AbortSignal.any([stop, dead.signal]));
  if (!answer.body) return;
  opened();
  listener.onOpen();
  const parser = new EventParser();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const silence = setTimeout(() => dead.abort(), SILENCE_LIMIT_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    for (const event of parser.push(value)) listener.onEvent(event);
  }
}
