/** What rooms are measured beside: relays that store nothing and promise nothing. */
import { DurableObject } from 'cloudflare:workers';

const BATCH_MS = 10;

/** Sends each message to all at once. */
export class Relay extends DurableObject {
  override fetch(): Response {
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(_: WebSocket, data: string): void {
    this.send(`[${data}]`);
  }

  protected send(text: string): void {
    for (const ws of this.ctx.getWebSockets()) ws.send(text);
  }
}

/** Sends what comes within 10 ms together, by the same rule as a room. */
export class CoalescingRelay extends Relay {
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  override webSocketMessage(_: WebSocket, data: string): void {
    this.#waiting.push(data);
    if (this.#timer === null) this.#flush();
  }

  #flush(): void {
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    this.send(`[${this.#waiting.splice(0).join(',')}]`);
    this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
  }
}
