// Starts the reading page, and brings the server's word and other tabs' acts to the room.

import { Cases } from "./cases.js";
import { connect } from "./controls.js";
import { fetchSession, persist } from "./network.js";
import { Outbox } from "./outbox.js";
import { Page } from "./page.js";
import { ReadingRoom } from "./room.js";

/** Go on if the room waited, or if the case on screen has meanwhile been answered elsewhere. */
function follow(room, session) {
  const { cases, shown } = room;
  if (!cases.follow(session)) return;
  if (shown && (shown.isRevision || cases.has(shown.token))) room.prefetch();
  else room.advance();
}

/** Another tab has kept an answer (item), or has delivered some: then the server is asked, once for all of them. */
function otherTab(room, item, sessionUrl) {
  if (item) {
    room.cases.answered.add(item.event.token);
    if (room.shown?.token === item.event.token) room.advance();
    return;
  }
  clearTimeout(room.asking);
  room.asking = setTimeout(() => fetchSession(sessionUrl).then((session) => follow(room, session), () => {}), 200);
}

function refused(room, { token }) {
  room.cases.answered.delete(token);
  if (!room.shown) room.advance();
  room.page.note("The server did not take one answer. It is kept on this computer: tell your coordinator.");
}

async function start(root) {
  const { sessionUrl, answersUrl, framesUrl } = root.dataset;
  const page = new Page(root);
  const onFailure = () => page.late(true, "Waiting for the network.");
  const session = await persist(() => fetchSession(sessionUrl), { onFailure });
  const prefix = `negatoscope:${answersUrl}:${session.reader}`;
  const outbox = new Outbox({
    url: answersUrl,
    prefix,
    onState: (state, waiting) => page.saveState(state, waiting),
    onDelivered: (next) => follow(room, next),
    onHeld: (why) => page.note(why),
    onRefused: (event) => refused(room, event),
    onOtherTab: (item) => otherTab(room, item, sessionUrl),
  });
  const cases = new Cases(session, prefix, outbox.waiting().map(({ event }) => event.token));
  const room = new ReadingRoom({ page, cases, outbox, framesUrl });
  connect(room);
  outbox.send();
  room.advance();
}

start(document.getElementById("reading"));
