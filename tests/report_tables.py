"""Checks a report's tables and page against summary.json and the ledger, to the last digit.

Usage: report_tables.py SESSION CSV_DIR PAGE.html
"""
import csv
import decimal
import json
import re
import sqlite3
import sys

decimal.getcontext().prec = 60
D = decimal.Decimal
ISO = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$')
session, folder, page = sys.argv[1:]
problems = []


def expect(equal, *words):
    if not equal:
        problems.append(' '.join(str(w) for w in words))


def table(name):
    with open(f'{folder}/{name}.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        expect(None not in row and None not in row.values(), name, 'has a ragged row', row)
        for key in ('time', 'created', 'updated'):
            expect(key not in row or ISO.match(row[key]), name, 'time', row.get(key))
    times = [row.get('time', row.get('created')) for row in rows]
    expect(times == sorted(times), name, 'is not in the order of time')
    return rows


def number(text):
    return D(text) if text else D(0)


fills, orders, quotes, equity = (table(n) for n in ('fills', 'orders', 'quotes', 'equity'))
summary = json.load(open(f'{session}/summary.json'))
ledger = sqlite3.connect(f'file:{session}/ledger.sqlite?mode=ro', uri=True)
symbols = dict(ledger.execute('SELECT id, symbol FROM instruments'))
known = {o['order_id']: o for o in orders}
expect(len(orders) == ledger.execute('SELECT count(*) FROM orders').fetchone()[0], 'orders')


def signed(fill):
    return 1 if fill['side'] == 'buy' else -1


def check_totals(symbol, results):
    """What the fills alone come to, by arithmetic of its own."""
    mine = [f for f in fills if f['symbol'] == symbol]
    samples = [e for e in equity if e['symbol'] == symbol]
    first, last = samples[0], samples[-1]
    in_quote = all(f['fee'] == '0' or symbol.endswith(f['fee_asset']) for f in mine)
    bought = sum(signed(f) * number(f['quantity']) for f in mine)
    in_base = sum(number(f['fee']) for f in mine if symbol.startswith(f['fee_asset']))
    position = D(first['position']) + bought - in_base
    expect(position == D(results['position']), symbol, 'position of the fills', position)
    if not in_quote:
        return
    fees = sum(number(f['fee']) for f in mine)
    expect(fees == D(results['pnl']['fees']), symbol, 'fees of the fills', fees)
    cash = -sum(signed(f) * number(f['notional']) for f in mine) - fees
    total = (cash + D(last['position']) * number(last['mid'])
             - D(first['position']) * number(first['mid']))
    expect(total == D(results['pnl']['total']), symbol, 'total of the fills', total)


def check_orders(symbol, ident, results):
    mine = [o for o in orders if o['symbol'] == symbol]
    rows = ledger.execute('SELECT client_order_id, state, filled FROM orders WHERE instrument=?',
                          (ident,)).fetchall()
    expect(sorted((o['order_id'], o['state'], o['filled']) for o in mine) == sorted(rows),
           symbol, 'orders of the ledger')
    counts = {'placed': sum(o['replaces'] == '' for o in mine),
              'amended': sum(int(o['amends']) for o in mine),
              'filled': sum(o['state'] == 'filled' for o in mine)}
    told = ledger.execute("SELECT count(*) FROM events WHERE instrument=? AND "
                          "kind='order_modify_success'", (ident,)).fetchone()[0]
    expect(told == counts['amended'], symbol, 'amends told', told, counts['amended'])
    for key, count in counts.items():
        expect(count == results['orders'][key], symbol, 'orders', key, count,
               results['orders'][key])


def check_fills(symbol, ident, results):
    mine = [f for f in fills if f['symbol'] == symbol]
    rows = ledger.execute('SELECT quantity, notional, fee FROM fills WHERE instrument=?',
                          (ident,)).fetchall()
    expect(len(mine) == len(rows) == results['fills'], symbol, 'count of fills')
    for k, key in enumerate(('quantity', 'notional', 'fee')):
        expect(sum(number(f[key]) for f in mine) == sum(number(r[k]) for r in rows),
               symbol, 'sum of', key)
    if mine:
        expect(mine[-1]['position'] == results['position'], symbol, 'position')
    filled = sum(number(o['filled']) for o in orders if o['symbol'] == symbol)
    expect(filled == sum(number(f['quantity']) for f in mine), symbol, 'orders filled')
    for f in mine:
        order = known.get(f['order_id'])
        expect(order and order['side'] == f['side'], 'order of fill', f['trade_id'])
    in_base = any(f['fee'] != '0' and symbol.startswith(f['fee_asset']) for f in mine)
    if in_base or not all(f['mid'] for f in mine):
        return
    gain = {'spread_capture': ('price', 'mid'), 'adverse_selection': ('mid', 'mid_10s')}
    for part, (begin, end) in gain.items():
        total = sum(signed(f) * number(f['quantity']) *
                    (number(f[end]) - number(f[begin])) for f in mine)
        expect(total == D(results['pnl'][part]), symbol, part, total, results['pnl'][part])


def check_equity(symbol, ident, results):
    mine = [e for e in equity if e['symbol'] == symbol]
    for e in mine:
        parts = D(e['spread_capture']) + D(e['adverse_selection']) + D(e['inventory'])
        expect(parts - D(e['fees']) == D(e['total']), symbol, 'identity at', e['time'])
        expect(D(e['realized']) + D(e['unrealized']) - D(e['fees']) == D(e['total']), e['time'])
    last = mine[-1]
    expect(last['position'] == results['position'], symbol, 'last position')
    for key, value in results['pnl'].items():
        expect(last[key] == value, symbol, key, last[key], value)
    closing = ledger.execute(
        'SELECT realized, unrealized, fees, spread_capture, adverse_selection, inventory '
        'FROM closing WHERE instrument=?', (ident,)).fetchone()
    keys = ('realized', 'unrealized', 'fees', 'spread_capture', 'adverse_selection', 'inventory')
    for key, value in zip(keys, closing):
        expect(results['pnl'][key] == value, symbol, key, 'of the ledger', value)


def check_page(symbol, results, shown):
    expect(len(shown['equity']['total']) == len(data['times']), symbol, 'samples')
    full = [w for w in shown['compliance']['within'] if w['percent_of_max_spread'] == 100]
    expect(full[0]['both'] == results['quote_uptime_pct'], symbol, 'uptime', full,
           results['quote_uptime_pct'])
    expect(shown['fills']['count'] == results['fills'], symbol, 'fills on the page')
    joined = sum(o['joined'] for o in shown['orders'])
    ended = sum(o['filled'] + o['amended'] + o['cancelled'] for o in shown['orders'])
    expect(joined == ended, symbol, 'lives', joined, ended)
    expect(sum(o['filled'] for o in shown['orders']) == results['orders']['filled'],
           symbol, 'orders filled on the page')
    whole = [m for m in shown['markouts'] if m['side'] == 'both']
    if whole:
        at_fill, later = D(whole[0]['quote']['at_fill']), D(whole[0]['quote']['10s'])
        expect(at_fill == D(results['pnl']['spread_capture']), symbol, 'markout at fill')
        expect(later - at_fill == D(results['pnl']['adverse_selection']), symbol, 'markout 10 s')


text = open(page, encoding='utf-8').read()
data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
expect(data['summary'] == summary, 'the summary on the page is another')
expect(not data['warnings'], data['warnings'])
for ident, symbol in symbols.items():
    results = summary['instruments'][symbol]
    check_fills(symbol, ident, results)
    check_totals(symbol, results)
    check_orders(symbol, ident, results)
    check_equity(symbol, ident, results)
    check_page(symbol, results, [i for i in data['instruments'] if i['symbol'] == symbol][0])
for quote in quotes:
    if not quote['order_id']:
        expect(not quote['price'] and quote['quantity'] == '0', 'an empty level', quote)
        continue
    order = known.get(quote['order_id'])
    expect(order and order['side'] == quote['side'] and order['symbol'] == quote['symbol'],
           'order of quote', quote)
whole = summary['pnl']
expect(D(whole['spread_capture']) + D(whole['adverse_selection']) + D(whole['inventory']) -
       D(whole['fees']) == D(whole['total']), 'identity of the whole')
print('\n'.join(problems[:20]) if problems else
      f'{len(fills)} fills, {len(orders)} orders, {len(quotes)} quotes, {len(equity)} samples agree')
sys.exit(1 if problems else 0)
