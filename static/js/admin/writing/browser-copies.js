/* Texts that the site does not have yet, kept by this browser: in IndexedDB, which takes long ones
   and writes them out at once, and in localStorage for the moment in which a page is left, when
   nothing may be waited for. Where both have a text, the later one counts.

   An entry is {key, user, post, number, fields: [[name, value], …]}.
   browserCopies.put(entry)      keeps it; resolves to whether it is kept
   browserCopies.putNow(entry)   the same, at once
   browserCopies.remove(key, number)   forgets it unless a later one came
   browserCopies.all(user)       all of a user, and nobody else's                               */
(() => {
  "use strict";
  const NAME = "newsletter.texts";
  const PREFIX = `${NAME}.`;

  let opened;
  const database = () => {
    opened = opened || new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 2);
      request.onupgradeneeded = ({ oldVersion }) => {
        const texts = oldVersion
          ? request.transaction.objectStore("texts")
          : request.result.createObjectStore("texts", { keyPath: "key" });
        texts.createIndex("numbers", ["key", "number"]);
      };
      request.onsuccess = () => {
        const { result } = request;
        result.onversionchange = () => {
          result.close();
          opened = null;
        };
        opened = Promise.resolve(result); // also where it was blocked before
        resolve(result);
      };
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    return opened;
  };
  const done = (transaction) => new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  const putNow = (entry) => {
    try {
      localStorage.setItem(PREFIX + entry.key, JSON.stringify(entry));
      return true;
    } catch {
      return false; // full, or forbidden
    }
  };
  const quick = () => {
    const found = [];
    try {
      for (let index = 0; index < localStorage.length; index += 1) {
        const name = localStorage.key(index);
        if (name.startsWith(PREFIX)) {
          found.push(JSON.parse(localStorage.getItem(name)));
        }
      }
    } catch {
      // Forbidden, or not ours.
    }
    return found;
  };

  const put = async (entry) => {
    try {
      const transaction = (await database()).transaction("texts", "readwrite", { durability: "strict" });
      transaction.objectStore("texts").put(entry);
      await done(transaction);
      return true;
    } catch {
      return putNow(entry); // A private window may have no database.
    }
  };

  const remove = async (key, number) => {
    quick()
      .filter((entry) => entry.key === key && entry.number <= number)
      .forEach((entry) => localStorage.removeItem(PREFIX + entry.key));
    try {
      const transaction = (await database()).transaction("texts", "readwrite");
      const texts = transaction.objectStore("texts");
      // By the index, so that no text is read.
      const upTo = IDBKeyRange.bound([key, 0], [key, number]);
      if (await asked(texts.index("numbers").getKey(upTo))) {
        texts.delete(key);
      }
      await done(transaction);
    } catch {
      // Nothing is there.
    }
  };

  const all = async (user) => {
    const latest = new Map();
    const add = (entry) => {
      const other = latest.get(entry.key);
      if (entry.user === user && (!other || other.number < entry.number)) {
        latest.set(entry.key, entry);
      }
    };
    try {
      (await asked((await database()).transaction("texts").objectStore("texts").getAll())).forEach(add);
    } catch {
      // No database.
    }
    quick().forEach(add);
    return [...latest.values()];
  };

  window.browserCopies = { put, putNow, remove, all };
})();
