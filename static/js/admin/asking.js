/* What scripts of the staff's pages ask of this site while somebody types.

   asking.ask(address, options)  fetch, which never fails: {ok, status, data, isOld}; data: parsed
                                 JSON; status: 0 where no answer came; isOld: it was given up
                                 meanwhile. What met a busy site (503) is asked again, and so is
                                 what read and got no answer: options.tries times in all
   asking.turns()                a function that gives a signal for `options`, and gives up what was
                                 asked with the one before: for questions of which the last counts
   asking.soon(work, wait)       a function that has work done once it was not called for so many
                                 milliseconds, or for those that it is given; `.stop()` forgets it
   asking.idle(work)             has work done between two keys, or within half a second
   asking.atRest(work, wait)     soon, and then idle: once, however often it was called            */
(() => {
  "use strict";
  const REST = 400; // milliseconds; twice as many before each further try
  const TRIES = 4;

  const once = async (address, options) => {
    try {
      const answer = await fetch(address, {
        credentials: "same-origin",
        ...options,
        headers: { Accept: "application/json", ...options.headers },
      });
      const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      return { ok: answer.ok, status: answer.status, data: isJson ? await answer.json() : null };
    } catch {
      return { ok: false, status: 0, data: null };
    }
  };
  const rest = (time) => new Promise((done) => { window.setTimeout(done, time); });

  const ask = async (address, { tries = TRIES, ...options } = {}) => {
    const isOld = () => Boolean(options.signal && options.signal.aborted);
    const reads = !options.method || options.method === "GET";
    const isInVain = ({ status }) => status === 503 || (status === 0 && reads);
    let answer = await once(address, options);
    for (let tried = 1; tried < tries && isInVain(answer) && !isOld(); tried += 1) {
      await rest(REST * 2 ** (tried - 1));
      answer = isOld() ? answer : await once(address, options);
    }
    return { ...answer, isOld: isOld() };
  };

  const turns = () => {
    let last = null;
    return () => {
      if (last) {
        last.abort();
      }
      last = new AbortController();
      return last.signal;
    };
  };

  const soon = (work, wait) => {
    let timer = 0;
    const later = (time = wait) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(work, time);
    };
    later.stop = () => window.clearTimeout(timer);
    return later;
  };

  const idle = (work) => (window.requestIdleCallback
    ? window.requestIdleCallback(work, { timeout: 500 })
    : window.setTimeout(work, 50));

  const atRest = (work, wait) => {
    let isDue = false;
    const begin = () => {
      if (isDue) {
        isDue = false;
        work();
      }
    };
    const later = soon(() => {
      if (!isDue) {
        isDue = true;
        idle(begin);
      }
    }, wait);
    const { stop } = later;
    later.stop = () => {
      stop();
      isDue = false;
    };
    return later;
  };

  window.asking = { ask, turns, soon, idle, atRest };
})();
