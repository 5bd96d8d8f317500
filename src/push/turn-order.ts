/**
 * Whose turn it is: deficit round-robin over the campaigns of a channel. A turn is one chunk; a campaign of weight w
 * has w turns for every one of weight 1. The order goes on where it stopped, so that twenty reminders never wait for
 * ten million. O(1) per turn.
 */
export class TurnOrder<Item extends { readonly weight: number }> {
  private items: Item[] = [];
  private index = 0;
  private deficit = 0;

  /** Replaces the members of the round; those that stay keep their place. */
  setItems(items: readonly Item[]): void {
    const current = this.items[this.index];
    this.items = [...items];
    const place = current === undefined ? -1 : this.items.indexOf(current);
    if (place < 0) this.deficit = 0;
    this.index = place < 0 ? (this.items.length === 0 ? 0 : this.index % this.items.length) : place;
  }

  /**
   * Gives turns until `take` has refused for every item in a row. `take` answers false when an item cannot use a
   * turn now (nothing due, no pace, no room).
   */
  run(take: (item: Item) => boolean): void {
    let refusals = 0;
    while (refusals < this.items.length) {
      const item = this.items[this.index];
      if (item === undefined) return;
      if (this.deficit <= 0) this.deficit = item.weight;
      if (take(item)) {
        refusals = 0;
        this.deficit--;
      } else {
        refusals++;
        this.deficit = 0;
      }
      if (this.deficit <= 0) this.index = (this.index + 1) % this.items.length;
    }
  }
}
