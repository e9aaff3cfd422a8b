'use strict';
// What the engine's monitor tells, drawn. One WebSocket brings how things are four times a second,
// and the rows that are plotted, one a second; what is kept here is bounded as it is there. Amounts
// are shown as the texts they come as; only plots make numbers of them.
(() => {
const kRowsMax = 1800, kFillsMax = 1000, kFillsShown = 200, kBookRows = 13, kLatencyRows = 10, kButtonsMax = 8;
const kSilenceMs = 3000;  // told four times a second, by what lives and can be reached
const kGoingAway = 1001;  // how a monitor that ends closes its pages
const $ = id => document.getElementById(id);
const state = {
  token: '', socket: null, wish: null, asked: null, lost: 'connecting',
  about: null, now: null, engines: [], engine: 0, instrument: 0, monitorEnded: false,
  rows: [], own: [], fills: [], log: '', seconds: 600, heard: 0,
};

// -- Small things.
function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}
function fill(body, rows) {
  const lines = rows.map(row => {
    const line = document.createElement('tr');
    if (row.className) line.className = row.className;
    for (const cell of row.cells) {
      const [text, className] = Array.isArray(cell) ? cell : [cell];
      add(line, 'td', text, className);
    }
    return line;
  });
  body.replaceChildren(...lines);
}
const decimalsOf = step => (String(step).includes('e-') ? +String(step).split('e-')[1]
  : (String(step).split('.')[1] || '').length);
const price = p => (p === null || p === undefined ? '' : p.toFixed(decimalsOf(state.about.tick)));
const size = q => (q === null || q === undefined ? '' : q.toFixed(decimalsOf(state.about.lot)));
// To so many decimals, towards zero.
function short(text, decimals) {
  const [whole, part = ''] = String(text ?? '').split('.');
  return decimals ? `${whole}.${part.padEnd(decimals, '0').slice(0, decimals)}` : whole;
}
const signed = text => (String(text).startsWith('-') ? text : '+' + text);
const tone = text => (/^-(?!0\.?0*$)/.test(String(text)) ? 'bad' : 'good');
function duration(s) {
  if (s === null || s === undefined) return '';
  const steps = [[1, 's'], [1e-3, 'ms'], [1e-6, 'µs'], [1e-9, 'ns']];
  const [one, unit] = steps.find(([step]) => Math.abs(s) >= step) || steps[3];
  const n = s / one;
  return (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)) + ' ' + unit;
}
function span(s) {
  const t = Math.max(0, Math.round(s)), m = Math.floor(t / 60) % 60, h = Math.floor(t / 3600);
  const two = n => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
}
const clock = t => new Date(t * 1e3).toISOString().slice(11, 19);
const sum = list => list.reduce((a, b) => a + b, 0);
const labelled = (name, part) =>  // the place of a metric's value by what stands in its label
  state.about.labels[name].findIndex(label => label.includes(`"${part}"`));
let noticeTimer = 0;
function notice(text) {
  $('notice').textContent = text;
  $('notice').hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $('notice').hidden = true; }, 5000);
}

// -- Colours, as the style sheet has them.
const probe = add(document.body, 'span');
probe.hidden = true;
function colour(name, share = 1) {
  probe.style.color = share === 1 ? `var(--${name})`
    : `color-mix(in srgb, var(--${name}) ${share * 100}%, transparent)`;
  return getComputedStyle(probe).color;
}
// Green is for quoting, every other reason has a hue of its own.
const reasonColour = r => (r === 0 ? colour('buy') : `hsl(${190 + (r * 137) % 280} 60% 60%)`);

// -- Plots. Each has its data made anew from the rows once a second.
const plots = [];
const sync = uPlot.sync('time');
function clockMarks(u, marks, at, space, step) {
  return marks.map(t => new Date(t * 1e3).toISOString().slice(11, step < 60 ? 19 : 16));
}
// What a legend says of a series: its value under the pointer, or else the last.
function legendValue(write) {
  return (u, v, series, at) => {
    const value = at === null || at === undefined ? u.data[series]?.at(-1) : v;
    return value === null || value === undefined ? '--' : write(value);
  };
}
// `lines`: label, colour, and how a value is written; `data`: one column for each.
function plotInto(id, height, lines, data, more = {}) {
  plots.push({ box: $(id), height, lines, data, more, chart: null });
}
function build(plot) {
  plot.chart?.destroy();
  const { more } = plot;
  const base = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 },
                 ticks: { show: false }, font: '11px system-ui' };
  const axes = [{ ...base, values: clockMarks, space: 70, size: 24 },
                { ...base, size: more.axis || 54, values: more.values, space: 28, gap: 4,
                  ...(more.splits ? { splits: () => more.splits } : {}) }];
  if (more.right) {
    axes.push({ ...base, side: 1, scale: 'right', size: 50, grid: { show: false }, space: 28 });
  }
  plot.chart = new uPlot({
    width: Math.max(200, plot.box.clientWidth), height: plot.height(),
    tzDate: t => uPlot.tzDate(new Date(t * 1e3), 'Etc/UTC'),
    padding: [8, more.right ? 0 : 10, 0, 0],
    cursor: { sync: { key: sync.key }, y: false, points: { size: 5 } },
    legend: { live: true },
    scales: { x: { time: true, range: xRange }, y: more.y || {}, ...more.scales },
    axes, hooks: more.hooks || {},
    series: [{ label: 'UTC', value: legendValue(clock) },
      ...plot.lines.map(line => ({
        label: line.label, scale: line.scale || 'y', stroke: colour(line.colour),
        width: line.width || 1.5, dash: line.dash, points: { show: false },
        fill: line.fill ? colour(line.colour, 0.13) : undefined,
        paths: line.none ? () => null : line.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
        value: legendValue(line.text || String),
      }))],
  }, plot.data(), plot.box);
}
// The time shown ends now, however short what there is.
function xRange() {
  const last = state.rows.length ? state.rows[state.rows.length - 1][0] : Date.now() / 1e3;
  const first = state.rows.length ? state.rows[0][0] : last;
  return [Math.max(last - state.seconds, Math.min(first, last - 30)), last];
}
function refresh() {
  if (!state.about) return;
  for (const plot of plots) {
    if (plot.chart) plot.chart.setData(plot.data()); else build(plot);
  }
}
const narrow = () => innerWidth <= 640;

const column = name => {
  const at = state.about.instrument_columns.indexOf(name);
  return state.own.map(row => row[at]);
};
const times = () => state.rows.map(row => row[0]);
// What a counter grew by in a second.
function rate(at) {
  return state.rows.map((row, k) => {
    if (k === 0) return null;
    const before = state.rows[k - 1], time = row[0] - before[0];
    return time > 0 ? Math.max(0, (row[at] - before[at]) / time) : null;
  });
}
// Of the counts up to each bound that came between two rows; between two bounds by interpolation.
function quantile(before, after, share) {
  const counts = after.map((n, k) => n - before[k]);
  const all = counts[counts.length - 1];
  if (all <= 0) return null;
  const k = counts.findIndex(n => n >= share * all), bounds = state.about.bounds;
  if (k >= bounds.length) return bounds[bounds.length - 1];
  const upper = bounds[k], lower = k > 0 ? bounds[k - 1] : upper / 2, below = k > 0 ? counts[k - 1] : 0;
  return lower * (upper / lower) ** ((share * all - below) / Math.max(1, counts[k] - below));
}
function latencies(share) {
  return state.rows.map((row, k) => (k === 0 ? null
    : quantile(state.rows[Math.max(0, k - kLatencyRows)][5], row[5], share)));
}

function drawFills(u) {
  const { ctx } = u, ratio = devicePixelRatio || 1, r = 4.5 * ratio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  const bought = colour('buy'), sold = colour('sell'), edge = colour('panel');
  ctx.lineWidth = ratio;
  ctx.strokeStyle = edge;
  for (const [time, side, at] of state.fills) {
    if (time < u.scales.x.min || time > u.scales.x.max) continue;
    const x = u.valToPos(time, 'x', true), y = u.valToPos(at, 'y', true);
    ctx.fillStyle = side > 0 ? bought : sold;
    ctx.beginPath();
    ctx.moveTo(x, y - side * r);
    ctx.lineTo(x - r, y + side * r);
    ctx.lineTo(x + r, y + side * r);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
// Two lanes, buy above sell: a stretch of colour for each reason, below it for each shortfall.
function drawReasons(u) {
  const { ctx, bbox } = u, t = times(), lane = bbox.height / 2;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const band = (name, top, height) => {
    const reasons = column(name);
    for (let k = 0; k < t.length;) {
      let end = k;
      while (end < t.length && reasons[end] === reasons[k]) ++end;
      const from = u.valToPos(k > 0 ? t[k - 1] : t[0], 'x', true);
      const to = u.valToPos(t[end - 1], 'x', true);
      if (reasons[k] || !name.endsWith('shortfall')) {  // none: nothing is short
        ctx.fillStyle = reasonColour(reasons[k]);
        ctx.fillRect(from, bbox.top + top * lane, to - from + 1, height * lane);
      }
      k = end;
    }
  };
  band('buy_reason', 0.14, 0.5);
  band('buy_shortfall', 0.64, 0.22);
  band('sell_reason', 1.14, 0.5);
  band('sell_shortfall', 1.64, 0.22);
  ctx.restore();
}
// Whole powers of ten.
function decades(u, min, max) {
  if (!(min > 0)) return [1e-7, 1e-3];
  const from = 10 ** Math.floor(Math.log10(min)), to = 10 ** Math.ceil(Math.log10(max));
  return [from, to > from ? to : from * 10];
}
// Prices: what is plotted, fills included, and a little room.
function priceRange(u, min, max) {
  if (min === null) return [0, 1];
  for (const [time, , at] of state.fills) {
    if (time < u.scales.x.min) continue;
    min = Math.min(min, at);
    max = Math.max(max, at);
  }
  const room = Math.max((max - min) * 0.06, max * 1e-6);
  return [min - room, max + room];
}

function makePlots() {
  const low = () => 190, tall = () => (narrow() ? 280 : 350);
  const text = v => price(v);
  plotInto('price', tall, [
    { label: 'mid', colour: 'ink', text, width: 1.6 },
    { label: 'our bid', colour: 'buy', text, steps: true, dash: [5, 3], width: 1.2 },
    { label: 'our ask', colour: 'sell', text, steps: true, dash: [5, 3], width: 1.2 },
  ], () => [times(), column('mid'), column('own_bid'), column('own_ask')],
  { axis: 74, y: { range: priceRange }, hooks: { draw: [drawFills] } });
  const reason = r => state.about.reasons[r] || '?';
  plotInto('timeline', () => 104, [
    { label: 'buy', colour: 'buy', none: true, text: reason },
    { label: 'sell', colour: 'sell', none: true, text: reason },
  ], () => [times(), column('buy_reason'), column('sell_reason')],
  { axis: 74, y: { range: [0, 2] }, hooks: { draw: [drawReasons] }, splits: [0.5, 1.5],
    values: (u, marks) => marks.map(v => (v === 1.5 ? 'buy' : v === 0.5 ? 'sell' : '')) });
  const money = v => v.toFixed(2);
  plotInto('profit', low, [
    { label: 'total', colour: 'ink', width: 2, text: money, fill: true },
    { label: 'spread', colour: 'buy', text: money },
    { label: 'adverse', colour: 'sell', text: money },
    { label: 'inventory', colour: 'blue', text: money },
    { label: 'fees', colour: 'own', text: money },
  ], () => [times(), column('total'), column('spread_capture'), column('adverse_selection'),
            column('inventory'), column('fees').map(v => -v)]);
  plotInto('position', low, [{ label: 'position', colour: 'blue', steps: true, fill: true }],
    () => [times(), column('position')]);
  plotInto('latency', low, [
    { label: 'p50', colour: 'buy', text: duration },
    { label: 'p90', colour: 'blue', text: duration },
    { label: 'p99', colour: 'violet', text: duration },
  ], () => [times(), latencies(0.5), latencies(0.9), latencies(0.99)],
  { y: { distr: 3, range: decades }, axis: 60,
    values: (u, marks) => marks.map(v => (v === null ? '' : duration(v))) });
  const share = v => v.toFixed(1) + ' %';
  const used = at => state.rows.map(row => (row[4][at] > 0 ? 100 * row[3][at] / row[4][at] : null));
  plotInto('budget', low, [
    { label: 'own pace', colour: 'own', text: share },
    { label: 'orders', colour: 'blue', text: share, fill: true },
    { label: 'weight', colour: 'violet', text: share },
  ], () => [times(), used(0), used(1), used(2)], { y: { range: [0, 100] } });
  const points = v => v.toFixed(2);
  const spreadOf = (bid, ask) => {
    const b = column(bid), a = column(ask), mid = column('mid');
    return mid.map((m, k) => (m && b[k] && a[k] ? 1e4 * (a[k] - b[k]) / m : null));
  };
  plotInto('spreads', low, [
    { label: 'ours', colour: 'own', text: points, fill: true },
    { label: 'market', colour: 'blue', text: points },
  ], () => [times(), spreadOf('own_bid', 'own_ask'), spreadOf('bid', 'ask')],
  { y: { range: (u, min, max) => [0, (max || 1) * 1.1] } });
  const count = v => v.toFixed(v < 10 ? 1 : 0);
  plotInto('activity', low, [
    { label: 'events', colour: 'blue', text: count, fill: true },
    { label: 'requests', colour: 'own', text: count, scale: 'right' },
  ], () => [times(), rate(1), rate(2)], { right: true,
    y: { range: (u, min, max) => [0, (max || 1) * 1.1] },
    scales: { right: { range: (u, min, max) => [0, Math.max(1, max * 1.2)] } } });
}

// -- What is now.
function tile(name, value, className, more) {
  const box = document.createElement('div');
  box.className = 'tile';
  add(box, 'span', name);
  add(box, 'b', value, className).title = value;
  add(box, 'small', more || ' ');
  return box;
}
function quotedShare(i) {
  const due = sum(i.quote_due_seconds_total);
  return due > 0 ? (100 * sum(i.quote_stood_seconds_total) / due).toFixed(1) + ' %' : '--';
}
function showTiles() {
  const { engine: e, instrument: i, latency: l } = state.now, a = state.about;
  const [buy, sell] = i.quote_reason, quoting = buy === 'quoting' && sell === 'quoting';
  const lacking = ['buy', 'sell'].map((side, k) => [side, i.quote_shortfall[k]])
    .filter(([, reason]) => reason !== 'quoting').map(([side, reason]) => `${side} not all levels: ${reason}`);
  const reset = i.next_reset_timestamp_seconds === null ? null
    : i.next_reset_timestamp_seconds - e.core_timestamp_seconds;
  const budget = e.rate_window_limit.map((limit, k) => (limit ? e.rate_window_used[k] / limit : 0));
  const sent = e.requests_sent_total[0], plain = e.requests_equivalent_total[0];
  const [p50, , p99] = l.event_to_command_quantile_seconds;
  $('tiles').replaceChildren(
    tile(`profit, ${a.quote || 'quote'}`, signed(short(i.pnl_total_quote, 2)),
         tone(i.pnl_total_quote), `today ${signed(short(i.pnl_today_quote, 2))}`),
    tile(`position, ${a.base || 'base'}`, i.position_base, '',
         `open ${signed(short(i.pnl_unrealized_quote, 2))}`),
    tile('mid', price(i.mark_price) || '--', '', `fair ${i.fair_value_price ?? '--'}`),
    tile('quotes', quoting ? 'quoting' : buy === sell ? buy : 'one side',
         quoting ? 'word good' : 'word bad',
         !quoting ? `buy ${buy}, sell ${sell}`
           : lacking.join(', ') || `${i.orders_live[0]} buys, ${i.orders_live[1]} sells`),
    tile('quoted when due', quotedShare(i), '', `${i.fills_total} fills`),
    tile('event to command', duration(p50), '', `p99 ${duration(p99)}`),
    tile('budget used', (100 * Math.max(...budget)).toFixed(0) + ' %',
         Math.max(...budget) > 0.8 ? 'bad' : '', `${e.rate_window_used[1]} orders in the window`),
    tile('requests saved', plain > 0 ? (100 * (1 - sent / plain)).toFixed(0) + ' %' : '--', '',
         `${sent} sent, plainly ${plain}`),
    tile('next reset', reset === null ? '--' : span(reset), '', `${i.resets_total} so far`));
}

// A side's rows: ours all, of the others the best, best first.
function bookSide(side) {
  const { book: b, orders: o } = state.now, levels = new Map();
  const prices = side === 'buy' ? b.book_bid_price : b.book_ask_price;
  const sizes = side === 'buy' ? b.book_bid_quantity : b.book_ask_quantity;
  o.order_id.forEach((id, k) => {
    const at = o.order_price[k];
    if (o.order_side[k] !== side || at === null) return;
    const row = levels.get(at) || { at, size: o.order_price_quantity[k], own: 0,
                                    ahead: o.order_queue_ahead[k] };
    row.own += o.order_quantity[k] - o.order_filled[k];
    levels.set(at, row);
  });
  const market = prices.map((at, k) => ({ at, size: sizes[k], own: 0 }))
    .filter(row => row.size > 0 && !levels.has(row.at));
  const own = [...levels.values()].slice(0, kBookRows - 3);
  const better = (x, y) => (side === 'buy' ? y.at - x.at : x.at - y.at);
  const shown = [...own, ...market.slice(0, kBookRows - own.length)].sort(better);
  return shown;
}
function bookRows(side, most) {
  return bookSide(side).map(row => {
    const line = document.createElement('tr');
    line.className = side + (row.own > 0 ? ' mine' : '');
    line.style.setProperty('--depth', Math.min(100, 100 * row.size / most) + '%');
    add(line, 'td', price(row.at));
    add(line, 'td', size(row.size), 'size');
    add(line, 'td', row.own > 0 ? size(row.own) : '', 'ours');
    add(line, 'td', row.own > 0 && row.ahead >= 0 ? size(row.ahead) : '', 'ahead');
    return line;
  });
}
function showBook() {
  const { book: b } = state.now, bid = b.book_bid_price[0], ask = b.book_ask_price[0];
  const both = bid && ask;
  const most = Math.max(1e-12, ...b.book_bid_quantity, ...b.book_ask_quantity);
  const mid = document.createElement('tr');
  mid.className = 'mid';
  const cell = add(mid, 'td', both ? ((bid + ask) / 2).toFixed(decimalsOf(state.about.tick) + 1)
    : 'no market');
  cell.colSpan = 4;
  const body = $('book').tBodies[0];
  body.replaceChildren(...bookRows('sell', most).reverse(), mid, ...bookRows('buy', most));
  $('spread').textContent = both
    ? `spread ${price(ask - bid)}, ${(1e4 * (ask - bid) / ask).toFixed(2)} bp` : '';
}

const orderColumns = [
  ['side', o => o.side, o => [o.side, o.side]], ['level', o => o.level, o => (o.level < 0 ? '' : o.level + 1)],
  ['price', o => o.price, o => price(o.price)],
  ['to', o => o.next_price ?? 0, o => price(o.next_price)],
  ['size', o => o.quantity, o => size(o.quantity)],
  ['filled', o => o.filled, o => (o.filled > 0 ? size(o.filled) : '')],
  ['ahead ≤', o => o.queue_ahead, o => (o.queue_ahead < 0 ? '' : size(o.queue_ahead))],
  ['state', o => o.state, o => [o.state, o.state === 'active' ? 'good' : '']],
  ['request', o => o.request, o => (o.request === 'none' ? '' : o.request)],
  ['why', o => o.decision, o => o.decision],
  ['age', o => -o.created_seconds, o => span(state.now.engine.core_timestamp_seconds - o.created_seconds)],
  ['id', o => o.id, o => o.id],
];
let sorted = { column: 2, up: false };
function allOrders() {
  const table = state.now.orders, names = Object.keys(table);
  return table.order_id.map((_, k) =>
    Object.fromEntries(names.map(name => [name.replace('order_', ''), table[name][k]])));
}
function showOrders() {
  const all = allOrders(), side = $('order_side').value, of = $('order_state').value;
  const text = $('order_text').value.trim().toLowerCase();
  const states = ['', ...new Set([...all.map(o => o.state), of].filter(Boolean))];
  const options = [...$('order_state').options].map(o => o.value || '');
  if (states.join() !== options.join()) {
    $('order_state').replaceChildren(...states.map(s => new Option(s || 'any state', s, false, s === of)));
  }
  const shown = all.filter(o => (!side || o.side === side) && (!of || o.state === of) &&
    (!text || [o.id, o.decision, o.request, price(o.price)].join(' ').toLowerCase().includes(text)));
  const key = orderColumns[sorted.column][1], turn = sorted.up ? 1 : -1;
  shown.sort((x, y) => (key(x) < key(y) ? -turn : key(x) > key(y) ? turn : 0));
  // Of many the ones nearest to the market are told.
  const live = Math.max(all.length, sum(state.now.instrument.orders_live));
  $('order_count').textContent = shown.length === live ? live : `${shown.length} of ${live}`;
  fill($('orders').tBodies[0], shown.map(o => ({ cells: orderColumns.map(c => c[2](o)) })));
}
function orderHead() {
  const line = add($('orders').tHead, 'tr');
  orderColumns.forEach(([name], k) => {
    const head = add(line, 'th', name);
    head.dataset.key = k;
    head.onclick = () => {
      sorted = { column: k, up: sorted.column === k ? !sorted.up : true };
      for (const other of line.cells) other.className = '';
      head.className = 'sorted' + (sorted.up ? ' up' : '');
      showOrders();
    };
  });
}

function showLevels() {
  const l = state.now.levels;
  fill($('levels').tBodies[0], l.level_side.map((side, k) => ({ cells: [
    [`${side} ${l.level_index[k] + 1}`, side], price(l.level_price[k]),
    l.level_price[k] === null ? '' : size(l.level_quantity[k]),
    l.level_reason[k] !== 'quoting' ? [l.level_reason[k], 'bad']
      : l.level_price[k] === null && l.level_order_state[k] === 'free' ? 'not wanted' : ['quoting', 'good']] })));
}
function showFills() {
  const newest = state.fills.slice(-kFillsShown).reverse();
  $('fill_count').textContent = state.now.instrument.fills_total;
  fill($('fills').tBodies[0], newest.map(([time, side, at, lots, maker]) => ({ cells: [
    clock(time), side > 0 ? ['buy', 'buy'] : ['sell', 'sell'], price(at), size(lots),
    [maker ? '' : 'taker', 'bad']] })));
}
function showFacts() {
  const { engine: e, instrument: i, latency: l } = state.now, n = state.now, a = state.about;
  const broken = sum(e.invariants_broken_total);
  const beats = Object.entries(n.beat_ages).map(([agent, age]) =>
    `${agent} ${age === null ? '--' : duration(age)}`).join(', ');
  const waits = l.turn_quantile_seconds, takes = l.event_to_command_quantile_seconds;
  const kinds = a.labels.orders_total.map((label, k) =>
    `${label.match(/"(.*)"/)[1]} ${i.orders_total[k]}`).join(', ');
  const connections = n.connections.length
    ? n.connections.map(([name, up, opened]) => `${name} ${up ? 'up' : 'DOWN'} (${opened})`).join(', ')
    : 'none: the venue is simulated';
  const down = n.connections.some(([, up]) => !up);
  const writer = n.life === 'died' ? 'the engine died while it wrote' : 'the engine is writing';
  fill($('facts').tBodies[0], [
    ...(n.whole ? [] : [['numbers', [`${writer}: some are older`, 'bad']]]),
    ['invariants', broken ? [`BROKEN ${broken} times`, 'bad'] : ['clean', 'good']],
    ['kill latch', n.latched ? ['set: nothing may be quoted', 'bad'] : 'open'],
    ['order session', [i.order_session, i.order_session === 'up' ? 'good' : 'bad']],
    ['connections', [connections, down ? 'bad' : '']],
    ['heartbeats', beats],
    ['event to command', `p50 ${duration(takes[0])}, p99 ${duration(takes[2])}, ` +
                         `p99.9 ${duration(takes[3])}, most ${duration(takes[4])}`],
    ['turn', `p50 ${duration(waits[0])}, p99 ${duration(waits[2])}, most ${duration(waits[4])}`],
    ['orders', kinds],
    ['fees', `${i.fees_quote} ${a.quote}`],
    ['profit', `${i.pnl_total_quote} ${a.quote}`],
    ['of the account', `${i.account_pnl_total_quote} ${a.quote}`],
    ['allocations', [e.hot_path_allocations_total, e.hot_path_allocations_total ? 'bad' : '']],
    ['journal lost', [e.journal_lost_total, e.journal_lost_total ? 'bad' : '']],
    ['session', a.path], ['process', `${a.pid}, ${a.build}, config ${n.config}`],
  ].map(cells => ({ cells })));
}
function showReasons() {
  const seen = new Set(['reason', 'shortfall'].flatMap(of =>
    [...column('buy_' + of), ...column('sell_' + of)]));
  $('reasons').replaceChildren(...[...seen].sort((x, y) => x - y).map(r => {
    const key = document.createElement('span');
    add(key, 'i').style.background = reasonColour(r);
    key.append(state.about.reasons[r] || '?');
    return key;
  }));
}
// What is shown is no longer so: it is dimmed, and nothing can be steered.
function lose(why, className = 'bad') {
  state.lost = why;
  document.body.classList.add('waiting');
  $('life').textContent = why;
  $('life').className = 'pill ' + className;
  allowSteering('');
}
// A trip or a kill, which a resume of all ends.
const isHalted = () => state.now.latched || state.now.engine.trip !== 'quoting';
const haltReason = () => (state.now.engine.trip !== 'quoting' ? state.now.engine.trip : 'killed');
const isUp = life => life === 'running' || life === 'starting';
// One that has died hears nothing, but a kill keeps the next from starting; an orderly end has left
// no order.
function allowSteering(life) {
  for (const id of ['pause', 'resume', 'scope']) $(id).disabled = !isUp(life);
  $('kill').disabled = !isUp(life) && life !== 'ending' && life !== 'died';
}
function showHead() {
  if (state.lost) return;
  const n = state.now, a = state.about, stuck = Object.values(n.beat_ages).some(age => age > 2);
  const trip = n.engine.trip, meant = n.life === 'ending' || n.life === 'ended';
  let life = n.life, well = n.life === 'running';
  if (well && trip !== 'quoting') [life, well] = [`stopped: ${trip}`, false];
  if (n.life === 'running' && stuck) [life, well] = ['no heartbeat', false];
  $('life').textContent = life;
  $('life').className = 'pill ' + (well ? 'good' : meant ? '' : 'bad');
  $('venue').textContent = a.mode === 'sim' ? a.venue : `${a.mode}, ${a.venue}`;
  $('clock').textContent = clock(n.engine.core_timestamp_seconds) + ' UTC';
  document.title = `${a.symbol} ${signed(short(n.instrument.pnl_total_quote, 2))} MM_Logic`;
  $('resume').textContent = isUp(n.life) && isHalted() ? 'End halt' : 'Resume';
  allowSteering(state.wish ? '' : n.life);
}
function showEngines() {
  // An open list is not made anew for what it does not show.
  const shown = state.engines.map(e => (e.symbols.length > kButtonsMax ? { ...e, sides: 0 } : e));
  const key = JSON.stringify([shown, state.engine, state.instrument]);
  if (showEngines.key === key) return;
  showEngines.key = key;
  $('engine').replaceChildren(...state.engines.map(e =>
    new Option(`${e.session}  ${e.mode}${e.life === 'running' ? '' : ', ' + e.life}`, e.id, false,
               e.id === state.engine)));
  const current = state.engines.find(e => e.id === state.engine), symbols = current?.symbols || [];
  if (symbols.length > kButtonsMax) {  // one line, however many
    const list = document.createElement('select');
    list.setAttribute('aria-label', 'instrument');
    list.append(...symbols.map((symbol, k) => new Option(symbol, k, false, k === state.instrument)));
    list.onchange = () => watch(state.engine, +list.value);
    $('symbols').replaceChildren(list);
    return;
  }
  $('symbols').replaceChildren(...symbols.map((symbol, k) => {
    const button = document.createElement('button');
    button.textContent = symbol;
    const quoted = current.sides[k];  // of two
    button.className = (k === state.instrument ? 'on ' : '') + ['bad', '', 'good'][quoted];
    button.title = ['not quoted', 'quoted on one side', 'quoted on both sides'][quoted];
    button.onclick = () => watch(state.engine, k);
    return button;
  }));
}
function showNow() {
  showHead();
  showTiles();
  showBook();
  showOrders();
  showLevels();
  showFacts();
}

// -- What is told.
// The wish is kept until it is met, over a lost connection too. Meanwhile the lists name another
// engine than the numbers are of: nothing can be steered.
function watch(engine, instrument) {
  state.wish = { engine, instrument };
  state.socket?.send(`watch ${engine} ${instrument}`);
  allowSteering('');
  showEngines.key = '';
}
function keep(list, more, most) {
  list.push(...more);
  if (list.length > most) list.splice(0, list.length - most);
}
function take(message) {
  state.heard = Date.now();
  state.engines = message.engines;
  if (message.now === undefined) {
    lose('no engine runs');
    showEngines();
    return;
  }
  const wish = state.wish, about = message.about;
  const met = wish && wish.engine === message.engine && wish.instrument === message.instrument;
  // From before the wish, unless that engine has gone.
  if (wish && !met && message.engines.some(e => e.id === wish.engine)) return;
  if (about && !met && state.about && state.about.path !== about.path) {
    // A monitor that was begun anew has numbers of its own.
    const same = message.engines.find(e => e.session === state.about.session);
    if (same && same.id !== message.engine) {
      return watch(same.id, Math.min(state.instrument, same.symbols.length - 1));
    }
    notice(`${state.about.session} is not there: this is ${about.session}`);
  }
  state.wish = null;
  state.lost = '';
  document.body.classList.remove('waiting');
  if (about) {
    Object.assign(state, { about, engine: message.engine, log: '',
                           instrument: message.instrument, rows: [], own: [], fills: [] });
    $('config').open = false;
    for (const plot of plots) { plot.chart?.destroy(); plot.chart = null; }
  }
  state.now = message.now;
  keep(state.rows, message.rows, kRowsMax);
  keep(state.own, message.instrument_rows, kRowsMax);
  keep(state.fills, message.fills, kFillsMax);
  showEngines();
  if (document.hidden) return;
  showNow();
  if (message.about || message.fills.length) showFills();
  const log = message.log.join('\n') + (message.fills_error ? '\n' + message.fills_error : '');
  if (log !== state.log) {
    state.log = log;
    $('log').textContent = log;
    $('log').scrollTop = $('log').scrollHeight;
  }
  if (message.rows.length) {
    showReasons();
    refresh();
  }
}

// -- The token: of the address, then this tab's only.
function askForToken(why = '') {
  $('refused').textContent = why;
  $('refused').hidden = !why;
  if (!$('login').open) $('login').showModal();
}
const kWrongToken = 'This monitor has another token: each that is begun makes a new one, unless it ' +
  'has a token_file.';
function readToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem('token', given);
    history.replaceState(null, '', location.pathname);
  }
  state.token = sessionStorage.getItem('token') || '';
}
// Monitor and engine are told apart: one that goes with its run has told the run's end before.
function lossWords() {
  if (!state.monitorEnded) return ['monitor not reachable'];
  const lives = state.engines.map(e => e.life);
  const over = lives.length > 0 && lives.every(life => life === 'ended' || life === 'died');
  if (!over) return ['the monitor ended', ''];
  return lives.includes('died') ? ['engine died, monitor ended'] : ['engine and monitor ended', ''];
}
const withToken = () => ({ Authorization: `Bearer ${state.token}` });
function connect() {
  if (!/^[\w-]+$/.test(state.token)) {
    return askForToken(state.token && 'That is no token: it has letters, digits, - and _ only.');
  }
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/stream`, ['mm-logic', state.token]);
  let opened = false;
  state.socket = null;
  socket.onopen = () => {
    opened = true;
    state.socket = socket;
    state.monitorEnded = false;
    state.heard = Date.now();
    const { engine, instrument } = state.wish || state;
    if (state.wish || state.about) watch(engine, instrument);
  };
  socket.onmessage = event => take(JSON.parse(event.data));
  socket.onclose = async event => {
    state.socket = null;
    if (opened) state.monitorEnded = event.code === kGoingAway;
    lose(...lossWords());
    // A refused token cannot be told from a lost connection here: a request can.
    const refused = !opened && await fetch('/config/0', { headers: withToken() })
      .then(answer => answer.status === 401, () => false);
    if (refused) {
      lose('wrong token');
      return askForToken(kWrongToken);
    }
    setTimeout(connect, 1000);
  };
}

// -- What can be done.
async function steer(request) {
  const answer = await fetch(`/control/${state.engine}`,
    { method: 'POST', headers: withToken(), body: request }).catch(() => null);
  if (!answer) return notice(`${request}: the monitor does not answer`);
  if (answer.status === 401) return askForToken(kWrongToken);
  const text = (await answer.text()).trim();
  if (!answer.ok) return notice(`${request}: ${text}`);
  const unwritten = text.match(/^ok \d+ (.+)/);  // it is done, but
  notice(unwritten ? `${request}: done; HALT is not written: ${unwritten[1]}`
    : `${request}: the engine has taken it up`);
}
$('pause').onclick = () => steer('pause ' + $('scope').value);
$('resume').onclick = () => {
  if (!isHalted()) return steer('resume ' + $('scope').value);
  ask('resume all', `End the halt of ${state.about.session}?`,
      `It stands still: ${haltReason()}. All of it is resumed, and HALT removed.`, 'Quote again');
};
$('kill').onclick = () => {
  const { session, mode } = state.about;
  if (state.now.life !== 'died') {
    return ask('kill', `Kill ${session}?`,
               'Cancels all its orders. It stays halted until it is told to resume.', 'Kill');
  }
  const left = mode === 'live' ? ' What it has left open rests at the venue until `mm_logic guard` ' +
    'or the next start cancels it.' : '';
  ask('kill', `Halt after the end of ${session}?`,
      `It has died and hears no kill: HALT is written, no live run starts until it is removed.${left}`,
      'Write HALT');
};
// Of the engine that is shown as it is asked.
function ask(request, question, words, button) {
  state.asked = { path: state.about.path, request };
  $('question').textContent = question;
  $('consequence').textContent = words;
  $('do_it').textContent = button;
  $('confirm').returnValue = 'no';
  $('confirm').showModal();
}
$('confirm').onclose = () => {
  if ($('confirm').returnValue !== 'yes') return;
  const { path, request } = state.asked;
  if (path === state.about.path) steer(request);
  else notice(`${request}: not done, another engine is shown by now`);
};
$('login').onclose = () => {
  if ($('token').value) sessionStorage.setItem('token', $('token').value.trim());
  $('token').value = '';
  readToken();
  connect();
};
$('engine').onchange = () => watch(+$('engine').value, 0);
$('config').ontoggle = async () => {
  if (!$('config').open) return;
  const answer = await fetch(`/config/${state.engine}`, { headers: withToken() });
  const lines = (await answer.text()).split('\n');
  $('config').querySelector('pre').textContent =
    lines.filter(line => line.trim() && !/^\s*[;#]/.test(line)).join('\n');
};
for (const id of ['order_side', 'order_state', 'order_text']) {
  $(id).oninput = () => { if (state.now) showOrders(); };
}
$('span').onclick = event => {
  const seconds = +event.target.dataset.seconds;
  if (!seconds) return;
  state.seconds = seconds;
  for (const button of $('span').children) button.className = button === event.target ? 'on' : '';
  refresh();
};
function rebuild() {
  if (!state.about) return;
  plots.forEach(build);
  showReasons();
}
$('theme').onclick = () => {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const root = document.documentElement, current = root.dataset.theme || (dark ? 'dark' : 'light');
  root.dataset.theme = current === 'dark' ? 'light' : 'dark';
  rebuild();
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);
document.addEventListener('visibilitychange', () => {
  if (document.hidden || !state.now) return;
  showNow();
  showFills();
  refresh();
});
new ResizeObserver(() => requestAnimationFrame(() => {
  for (const plot of plots) {
    const width = Math.max(200, plot.box.clientWidth);
    if (plot.chart && (plot.chart.width !== width || plot.chart.height !== plot.height())) {
      plot.chart.setSize({ width, height: plot.height() });
    }
  }
})).observe(document.querySelector('main'));

setInterval(() => {
  const silent = state.socket && Date.now() - state.heard > kSilenceMs;
  if (silent && state.lost !== 'the monitor says nothing') lose('the monitor says nothing');
}, 500);

orderHead();
makePlots();
readToken();
connect();
})();
