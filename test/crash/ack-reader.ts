/** Prints how many facts of `ack-writer` are there without a gap, and what the file says of its structure. */
import Database from 'better-sqlite3';

const [file = ''] = process.argv.slice(2);
const database = new Database(file);
const isThere = database.prepare<[string], number>('SELECT 1 FROM setting WHERE name = ?').pluck();
let facts = 0;
while (isThere.get(`fact-${facts + 1}`) !== undefined) facts++;
const [{ integrity_check: integrity } = { integrity_check: '' }] = database.pragma('integrity_check') as {
  integrity_check: string;
}[]; // shape fixed by SQLite
database.close();
console.log(JSON.stringify({ facts, integrity }));
