// The server's word on where the reader stands, and trying again until the network is back.

const LAST_RETRY_MS = 10_000;

const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    addEventListener("online", resolve, { once: true });
  });

/** What work() promises, tried again after 0.5 to 10 s or when the network returns; undefined once it is unwanted. */
export async function persist(work, { isWanted = () => true, onFailure }) {
  for (let wait = 500; isWanted(); wait = Math.min(LAST_RETRY_MS, wait * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isWanted()) break;
      onFailure(error);
      await pause(wait);
    }
  }
  return undefined;
}

export async function fetchSession(url) {
  const response = await fetch(url, { cache: "no-store" });
  if (!response.ok || response.redirected) throw new Error(`session: ${response.status}`);
  return response.json();
}
