/** Something a page can watch: every `changed()` raises the version and calls the watchers. */
export class Observable {
  version = 0;
  #watchers = new Set<() => void>();

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  changed(): void {
    this.version += 1;
    for (const watcher of this.#watchers) watcher();
  }
}
