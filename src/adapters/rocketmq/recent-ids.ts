/** The last ids that were noted, bounded: the oldest go first. */
export class RecentIds {
  private readonly ids = new Set<string>();

  constructor(private readonly maxIds: number) {}

  add(id: string): void {
    this.ids.delete(id);
    this.ids.add(id);
    if (this.ids.size <= this.maxIds) return;
    const [oldest] = this.ids;
    if (oldest !== undefined) this.ids.delete(oldest);
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }
}
