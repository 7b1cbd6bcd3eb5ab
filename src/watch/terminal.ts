/** A watch for people: the list is redrawn in place, with marks at what is new. */
import type { Context } from '../context.ts';
import type { Io } from '../io/streams.ts';
import { coloursFor } from '../output/colour.ts';
import { visible } from '../output/text.ts';
import { duration } from '../output/time.ts';
import { costOf, usedSince } from './cost.ts';
import { marking } from './marking.ts';
import type { Changes } from './memory.ts';
import { enterScreen, type Frame } from './screen.ts';
import type { Stage } from './stage.ts';
import type { View } from './watch.ts';

interface Options {
  io: Io;
  context: Context;
  stage: Stage;
  /** Milliseconds between two refreshes. */
  interval: number;
}

/** A view that is told what a refresh says while it is under way, such as that it waits for the rate limit. */
export interface Listing extends View {
  said(text: string): void;
}

const BETWEEN = ' · ';

/** Rows that are gone and named one by one. */
const MOST_NAMED = 3;

export async function terminal({ io, context, stage, interval }: Options): Promise<Listing> {
  const colours = coloursFor(io.stdout, io.env);
  const screen = await enterScreen(io.stdout);
  const { output, news } = marking(context.output);
  const every = `every ${duration(interval / 1000)}`;
  let usage = { ...context.usage };
  let target = '';
  let cost: readonly string[] = [];
  let at = 0;
  let frame: Frame = { head: [], body: ['reading …'], foot: [], keep: 'first' };
  await screen.draw(frame);

  const clock = (ms: number) => context.output.time(ms).slice(11);
  /** The line that tells how things stand is the last one: it is what changes each time. */
  const withStatus = (status: string): Frame => ({
    ...frame,
    foot: [...frame.foot, ...wrapped(cost, io.stdout.columns).map(colours.dim), status],
  });

  return {
    context: { ...context, output },
    said(text) {
      if (at > 0) void screen.draw(withStatus(text.trimEnd().split('\n').at(-1) ?? ''));
    },
    async refreshed() {
      const { shown, said } = stage.take();
      const { kind } = await (await context.config()).decision();
      cost = costOf(usedSince(usage, context.usage), context.usage, interval, kind === 'remote');
      const notes = linesOf(said);
      // The target is announced by the first refresh alone.
      const named = notes.findIndex((note) => /^\S*(local|remote)\b/.test(note));
      if (named >= 0) [target = ''] = notes.splice(named, 1);
      const isFirst = at === 0;
      at = context.now();
      const changes = news.keep();
      frame = {
        head: target === '' ? [] : [target],
        body: linesOf(shown),
        foot: notes,
        keep: changes.keep,
      };
      const told = isFirst ? [] : [changesText(changes)];
      await screen.draw(withStatus([every, clock(at), ...told].join(BETWEEN)));
      usage = { ...context.usage };
    },
    async failed(error) {
      stage.take();
      news.drop();
      usage = { ...context.usage };
      const what = visible(`refresh failed at ${clock(context.now())}: ${error.message}`);
      const rest = `rows of ${clock(at)} · next try in ${duration(interval / 1000)}`;
      await screen.draw(withStatus(`${colours.red(what)} · ${rest}`));
    },
    async close() {
      await screen.leave();
      if (at === 0) return;
      await io.stdout.write(frame.body.map((line) => `${line}\n`).join(''));
    },
  };
}

/** The parts of a text, on as many lines as they need. */
function wrapped(parts: readonly string[], columns = 80): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1)}${BETWEEN}${part}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);

/** "2 new, 1 changed, 1 gone (s_0123456789)". */
function changesText({ added, changed, gone }: Changes): string {
  const names = gone.slice(0, MOST_NAMED).map((name) => visible(name));
  const more = gone.length > names.length ? ', …' : '';
  const parts = [
    added > 0 ? `${added} new` : '',
    changed > 0 ? `${changed} changed` : '',
    gone.length > 0 ? `${gone.length} gone (${names.join(', ')}${more})` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(', ') : 'nothing has changed';
}
