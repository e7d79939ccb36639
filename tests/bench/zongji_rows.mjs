// Reads rows from a server with the npm package @vlasky/zongji, and writes each as JSON text, as a
// program around it would: a peer to compare with.
//
//   node zongji_rows.mjs PORT FILE ROWS     prints CPU seconds
//
// The package must be installed in a folder above this file's copy: tests/bench/run does it.
import ZongJi from '@vlasky/zongji';

const [port, filename, rows] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const zongji = new ZongJi({host: '127.0.0.1', port, user: 'root', password: 'root'});
let begin;
let seen = 0;
let bytes = 0;

zongji.on('ready', () => { begin = process.cpuUsage(); });
zongji.on('error', (error) => { console.error(`zongji_rows: ${error.message}`); process.exit(1); });
zongji.on('binlog', (event) => {
  if (event.getTypeName() === 'TableMap') return;
  if (event.getTypeName() === 'Rotate') {
    if (event.binlogName === filename) return;
    console.error(`zongji_rows: ${seen} rows in ${filename} instead of ${rows}`);
    process.exit(1);
  }
  const table = event.tableMap[event.tableId];
  const kind = event.getTypeName().slice(0, 6);
  for (const row of event.rows) {
    const data = kind === 'Update' ? {old_data: row.before, new_data: row.after} : {data: row};
    bytes += JSON.stringify({event: kind, table: table.tableName, database: table.parentSchema,
                             timestamp: event.timestamp, ...data}).length;
    if (++seen === rows) {
      const used = process.cpuUsage(begin);
      console.log(((used.user + used.system) / 1e6).toFixed(3));
      process.exit(0);
    }
  }
});
zongji.start({filename, position: 4, serverId: 77002,
              includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows']});
