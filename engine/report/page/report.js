'use strict';
// Shows the JSON in #data. Amounts are shown as the texts they are; only plots make numbers of them.
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const summary = data.summary;
const root = document.getElementById('report');
const horizons = ['at_fill', '10ms', '100ms', '1s', '10s', '60s'];
const horizonNames = ['at the fill', '10 ms', '100 ms', '1 s', '10 s', '60 s'];

// -- Pieces of the page.
function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}
function section(title, note) {
  const part = add(root, 'section');
  add(part, 'h2', title);
  if (note) add(part, 'p', note, 'note');
  return part;
}
// Rows of texts; a cell may be [text, class].
function table(parent, heads, rows, caption, sums) {
  const box = add(parent, 'div', undefined, 'scroll');
  const element = add(box, 'table');
  if (caption) add(element, 'caption', caption);
  const head = add(add(element, 'thead'), 'tr');
  for (const h of heads) add(head, 'th', h);
  const body = add(element, 'tbody');
  rows.forEach((row, at) => {
    const line = add(body, 'tr', undefined, sums && sums(row, at) ? 'sum' : undefined);
    for (const cell of row) {
      const [text, className] = Array.isArray(cell) ? cell : [cell];
      add(line, 'td', text === undefined || text === null ? '' : String(text), className);
    }
  });
  return element;
}
function signed(text) {
  return [text, String(text).startsWith('-') ? 'bad' : undefined];
}
// To so many decimals, towards zero, for places where all 18 would only be in the way.
function short(text, decimals) {
  const [whole, part] = String(text).split('.');
  if (!part) return whole;
  const kept = part.slice(0, decimals).replace(/0+$/, '');
  return kept ? whole + '.' + kept : whole;
}
function quoteOf(i) { return i.quote || 'quote'; }
function nanos(n) {
  if (n >= 1e9) return (n / 1e9).toPrecision(4) + ' s';
  if (n >= 1e6) return (n / 1e6).toPrecision(4) + ' ms';
  if (n >= 1e3) return (n / 1e3).toPrecision(4) + ' us';
  return n + ' ns';
}

// -- Plots: redrawn when the width or the colours change.
const plots = [];
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
// The date where it is another than the mark before has.
function clockTimes(u, marks, at, space, step) {
  let day = '';
  return marks.map(t => {
    const text = new Date(t * 1e3).toISOString();
    const clock = step < 1 ? text.slice(11, 23) : text.slice(11, step < 60 ? 19 : 16);
    const line = text.slice(0, 10) === day ? clock : clock + '\n' + text.slice(0, 10);
    day = text.slice(0, 10);
    return line;
  });
}
function draw(plot) {
  if (plot.chart) plot.chart.destroy();
  const width = Math.max(260, plot.box.clientWidth);
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 },
                 ticks: { stroke: colour('--line'), width: 1 } };
  const values = { ...axis, size: 70 };
  const time = { ...axis, values: clockTimes, space: 70 };
  const options = {
    width, height: Math.min(300, Math.max(190, width * 0.42)), title: plot.title,
    tzDate: ts => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'),
    axes: [plot.xAxis ? { ...axis, ...plot.xAxis } : time, values],
    scales: plot.scales, cursor: { y: false },
    series: [plot.xSeries || { value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' }, ...plot.lines.map((line, k) => {
      const stroke = colour(line.colour || '--c' + k);
      const points = line.dots ? { show: true, size: 6, width: 1.5, stroke, fill: stroke }
                               : { show: plot.points === true };
      return { label: line.label, stroke, points,
               width: k === 0 ? 2 : 1.4, paths: line.dots ? () => null
                 : line.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
               spanGaps: line.gaps !== true };
    })],
  };
  plot.chart = new uPlot(options, plot.data, plot.box);
}
function plotInto(parent, plot) {
  plot.box = add(parent, 'div', undefined, 'plot');
  plots.push(plot);
}
function drawAll() { plots.forEach(draw); }
function forget(parent) {
  for (let k = plots.length; k-- > 0;) {
    if (!parent.contains(plots[k].box)) continue;
    plots[k].chart?.destroy();
    plots.splice(k, 1);
  }
  parent.replaceChildren();
}

// -- What the session came to.
function head() {
  add(root, 'h1', data.session);
  document.title = 'Report of ' + data.session;
  add(root, 'p', `${data.mode}, ${data.begin} to ${data.end}, ${summary.seconds} s, ` +
                 `${summary.events_in} events`, 'soft');
  for (const text of data.warnings) add(root, 'p', text, 'warning');
  for (const [name, times] of Object.entries(summary.invariants || {})) {
    if (times) add(root, 'p', `invariant ${name} broken ${times} times`, 'warning');
  }
  const cards = add(root, 'div', undefined, 'cards');
  const card = (name, text, className) => {
    const box = add(cards, 'div', undefined, 'card');
    add(box, 'b', text, className);
    add(box, 'span', name);
  };
  card('profit, fees deducted', short(summary.pnl.total, 4),
       summary.pnl.total.startsWith('-') ? 'bad' : 'good');
  card('fills', summary.fills);
  card('position', summary.position === null ? 'several' : summary.position);
  card('quoted on both sides', summary.quote_uptime_pct + ' %');
  card('requests saved', summary.requests.saved_pct + ' %');
  card('orders placed, amended', `${summary.orders.placed}, ${summary.orders.amended}`);
}
function profit() {
  const part = section('Profit', 'Spread capture: fills against the mid of their moment. Adverse ' +
    'selection: what the mid did in the 10 s after. Inventory: what it did later, and to the ' +
    'position there was at the start. Their sum less fees is the total, exactly.');
  const results = Object.entries(summary.instruments);
  if (results.length !== 1) results.push(['all', summary]);
  for (const keys of [['spread_capture', 'adverse_selection', 'inventory', 'fees', 'total'],
                      ['realized', 'unrealized', 'fees', 'total']]) {
    table(part, ['', ...keys.map(k => k.replace('_', ' '))],
      results.map(([name, r]) => [name, ...keys.map(k => signed(r.pnl[k]))]), undefined,
      r => r[0] === 'all');
  }
}

// -- Over time.
function sumOf(key) {
  return data.times.map((_, k) => data.instruments.reduce((sum, i) => sum + i.equity[key][k], 0));
}
function equityPlot(parent, title, of) {
  plotInto(parent, { title, data: [data.times, of('total'), of('spread_capture'),
    of('adverse_selection'), of('inventory'), of('fees').map(v => -v)],
    lines: [{ label: 'total' }, { label: 'spread capture' }, { label: 'adverse selection' },
      { label: 'inventory' }, { label: 'fees' }] });
}
function pricePlot(parent, i) {
  const mid = i.equity.mid.map(v => v === 0 ? null : v);
  const tables = [[data.times, mid]];
  for (const side of [1, -1]) {
    const at = i.fills.side.map((s, k) => k).filter(k => i.fills.side[k] === side);
    const times = [], prices = [];
    for (const k of at) {  // one a moment: a plot cannot show more
      if (times[times.length - 1] === i.fills.time[k]) times.pop(), prices.pop();
      times.push(i.fills.time[k]);
      prices.push(i.fills.price[k]);
    }
    tables.push([times, prices]);
  }
  const joined = uPlot.join(tables);
  plotInto(parent, { title: `mid and fills, ${quoteOf(i)}`, data: joined,
    lines: [{ label: 'mid', colour: '--soft' }, { label: 'bought', colour: '--good', dots: true },
      { label: 'sold', colour: '--bad', dots: true }] });
}

// -- One instrument.
function markoutPart(parent, i) {
  add(parent, 'h3', 'Markouts');
  add(parent, 'p', 'What the fills of a level gained against the mid after a while, before fees, ' +
    'in basis points of their notional. Level 1 is the best.', 'note');
  if (i.markouts.length === 0) { add(parent, 'p', 'No fills.'); return; }
  const rows = values => i.markouts.map(m => [m.side, m.level, m.fills, short(m.notional, 2),
    ...horizons.map(h => signed(values(m, h)))]);
  const heads = ['side', 'level', 'fills', 'notional', ...horizonNames];
  const isSum = r => r[1] === 'all';
  table(parent, heads, rows((m, h) => m.bps[h]), 'basis points', isSum);
  table(parent, heads, rows((m, h) => m.quote[h]), quoteOf(i), isSum);
  const of = side => i.markouts.find(m => m.side === side && m.level === 'all');
  const sides = ['both', 'buy', 'sell'].filter(of);
  plotInto(parent, { title: 'markout, basis points', points: true,
    data: [horizons.map((_, k) => k), ...sides.map(s => horizons.map(h => of(s).bps[h]))],
    scales: { x: { time: false } },
    xAxis: { values: (u, at) => at.map(v => horizonNames[v] ?? ''), splits: () => [0, 1, 2, 3, 4, 5] },
    xSeries: { label: 'after', value: (u, v) => horizonNames[v] ?? '--' },
    lines: sides.map((s, k) => ({ label: s, colour: ['--c0', '--good', '--bad'][k] })) });
}
function compliancePart(parent, i, results) {
  const c = i.compliance;
  add(parent, 'h3', 'Quoting');
  add(parent, 'p', `Shares of the ${c.measured_seconds} s from the end of the warm-up to shutdown. ` +
    `Uptime ${results.quote_uptime_pct} %: an order within max_spread (${c.max_spread}) on both ` +
    `sides. Then the mean spread was ${(c.spread_mean * 1e4).toFixed(2)} basis ` +
    `points and the thinner side ${c.depth_mean} ${quoteOf(i)} deep.`, 'note');
  table(parent, ['nearest order within', 'both, %', 'bid, %', 'ask, %'],
    c.within.map(w => [w.percent_of_max_spread + ' % of max_spread', w.both, w.bid, w.ask]));
  table(parent, ['both sides as deep as', '%'],
    c.deep.map(d => [d.percent_of_size + ' % of the configured size', d.both]));
  table(parent, ['reason', 'buy, s', 'sell, s'],
    i.reasons.map(r => [r.reason, r.buy_seconds, r.sell_seconds]), 'why a side was (not) quoted');
}
function ordersPart(parent, i) {
  add(parent, 'h3', 'Queue and fills');
  add(parent, 'p', 'Of orders that the venue had confirmed. Ahead: what the book showed at the ' +
    'price when the order joined; an amend that loses its place joins again.', 'note');
  table(parent, ['side', 'level', 'joined', 'filled', 'in part', 'amended', 'cancelled',
    'rested, mean s', 'first fill after, median s', '90 %', 'ahead, median', '90 %',
    'ahead of the filled'],
    i.orders.map(o => [o.side, o.level, o.joined, o.filled, o.filled_in_part, o.amended,
      o.cancelled, o.rested_seconds_mean, o.fill_wait_seconds_p50, o.fill_wait_seconds_p90,
      o.ahead_p50, o.ahead_p90, o.ahead_filled_p50]));
}
function showInstrument(parent, i) {
  forget(parent);
  const results = summary.instruments[i.symbol];
  equityPlot(parent, `profit of ${i.symbol}, ${quoteOf(i)}`, key => i.equity[key]);
  plotInto(parent, { title: `position, ${i.base || 'base'}`, data: [data.times, i.equity.position],
    lines: [{ label: 'position', colour: '--c1', steps: true }] });
  pricePlot(parent, i);
  markoutPart(parent, i);
  compliancePart(parent, i, results);
  ordersPart(parent, i);
  add(parent, 'h3', 'Results');
  const o = results.orders;
  table(parent, ['', ''], [['orders', `${o.placed} placed, ${o.amended} amended, ` +
    `${o.cancelled} cancelled, ${o.filled} filled, ${o.rejected} rejected, ${o.denied} denied`],
    ['fills', results.fills], ['position', results.position],
    ...Object.entries(results.details || {})].map(([k, v]) => [k, [v, 'words']]));
}
function instruments() {
  const several = data.instruments.length > 1;
  if (several) {
    const whole = section('All instruments');
    equityPlot(whole, 'profit of all', sumOf);
    table(whole, ['', 'placed', 'amended', 'cancelled', 'fills', 'position', 'uptime, %', 'saved, %'],
      Object.entries(summary.instruments).map(([name, r]) => [name, r.orders.placed,
        r.orders.amended, r.orders.cancelled, r.fills, r.position, r.quote_uptime_pct,
        r.requests.saved_pct]));
  }
  const part = section(several ? 'Instrument' : data.instruments[0].symbol);
  const box = document.createElement('div');
  if (several) {
    const choice = add(part, 'select');
    choice.setAttribute('aria-label', 'instrument');
    data.instruments.forEach((i, k) => { add(choice, 'option', i.symbol).value = k; });
    choice.onchange = () => { showInstrument(box, data.instruments[choice.value]); drawAll(); };
  }
  part.append(box);
  showInstrument(box, data.instruments[0]);
}

// -- The rest of summary.json.
function requests() {
  const part = section('Requests', 'Sent, against what would have been sent if every changed ' +
    'quote were cancelled and placed.');
  const rows = [];
  const put = (name, r) => {
    for (const [limit, b] of Object.entries(r.by_limit)) {
      rows.push([name, limit, b.sent, b.cancel_place_equivalent,
        b.cancel_place_equivalent ? (100 * b.sent / b.cancel_place_equivalent).toFixed(2) : '']);
    }
  };
  const names = Object.keys(summary.instruments);
  if (names.length !== 1) put('all', summary.requests);
  for (const name of names) put(name, summary.instruments[name].requests);
  add(part, 'p', `${summary.requests.saved_pct} % of requests saved; of amends alone ` +
    `${summary.requests.amend_saved_pct} % (50 is the ceiling).`);
  table(part, ['', 'limit', 'sent', 'by cancel and place', '%'], rows);
}
function latency() {
  const part = section('Latency');
  const rows = Object.entries(summary.latency_ns || {});
  if (rows.length === 0) {
    add(part, 'p', 'Not measured: it is not in the journal, and there is no summary.json.');
    return;
  }
  table(part, ['stage', 'p50', 'p99', 'p99.9', 'max', 'times'], rows.map(([name, l]) =>
    [name, nanos(l.p50), nanos(l.p99), nanos(l.p999), nanos(l.max), l.count]));
}
function rest() {
  const part = section('Session');
  const pairs = Object.entries(summary.simulator || {}).map(([k, v]) => [k, [v, 'words']]);
  pairs.push(['build', [data.build, 'words']], ['output_hash', [summary.output_hash, 'words']],
             ['hot_path_allocations', [summary.hot_path_allocations, 'words']]);
  table(part, ['', ''], pairs);
  for (const note of summary.notes || []) add(part, 'p', note);
  table(part, ['invariant', 'broken'], Object.entries(summary.invariants || {}));
  table(part, ['event', 'count', 'per second'], Object.entries(summary.events || {})
    .map(([name, e]) => [name, e.count, e.per_second]));
  const parameters = section('Parameters');
  for (const reload of data.reloads || []) add(parameters, 'p', 'Reloaded at ' + reload);
  add(parameters, 'pre', data.config.split('\n').filter(line => line.trim() && !/^\s*[;#]/.test(line))
    .join('\n'));
}

head();
profit();
instruments();
requests();
latency();
rest();
drawAll();
let width = root.clientWidth;
new ResizeObserver(() => requestAnimationFrame(() => {
  if (root.clientWidth === width) return;
  width = root.clientWidth;
  drawAll();
})).observe(root);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
for (const [event, on] of [['beforeprint', true], ['afterprint', false]]) {
  addEventListener(event, () => {
    document.documentElement.classList.toggle('printing', on);
    drawAll();
  });
}
})();
