// The npm package `binance` against a running `mm_logic venue`: every call that matters to a
// market maker, over REST, WS API and WS streams. A line per call; exit code 1 if one failed.
//
// Usage: node interop_client.mjs HOST:PORT NAME API_KEY SECRET_OR_PEM_FILE
import fs from 'node:fs';
import binance from 'binance';

const { MainClient, WebsocketClient, WebsocketAPIClient } = binance;
const [, , place, account, apiKey, secretArgument] = process.argv;
const secret = fs.existsSync(secretArgument) ? fs.readFileSync(secretArgument, 'utf8')
                                             : secretArgument;
const quiet = { trace() {}, info() {}, error() {} };
const kTimeLimitMs = 10000;
const symbol = 'BTCUSDT';
let failures = 0;

function within(promise, what) {
  const limit = new Promise((_, reject) => setTimeout(
      () => reject(new Error(`nothing within ${kTimeLimitMs} ms: ${what}`)), kTimeLimitMs).unref());
  return Promise.race([promise, limit]);
}

function text(error) {
  return error?.body ? JSON.stringify(error.body) : error?.error ? JSON.stringify(error.error)
                                                                 : String(error?.message ?? error);
}

// One line about one call; `check` looks at the answer and throws if it is not what was asked for.
async function call(name, ask, check = () => undefined) {
  try {
    const answer = await within(ask(), name);
    const detail = check(answer);
    console.log(`ok    ${account} ${name}${detail === undefined ? '' : ' ' + detail}`);
    return answer;
  } catch (error) {
    ++failures;
    console.log(`fail  ${account} ${name}: ${text(error)}`);
    return undefined;
  }
}

// A call that the venue must refuse with this code.
async function refused(name, ask, code) {
  try {
    await within(ask(), name);
  } catch (error) {
    const given = error?.body?.code ?? error?.error?.code ?? error?.code;
    if (given === code) {
      console.log(`ok    ${account} ${name} is refused with ${code}`);
      return;
    }
    ++failures;
    console.log(`fail  ${account} ${name}: refused otherwise: ${text(error)}`);
    return;
  }
  ++failures;
  console.log(`fail  ${account} ${name}: was not refused`);
}

function equal(got, wanted, what) {
  if (String(got) !== String(wanted)) throw new Error(`${what} is ${got}, not ${wanted}`);
}

const restOptions = { api_key: apiKey, api_secret: secret, baseUrl: `http://${place}`,
                      recvWindow: 10000 };
const rest = new MainClient(restOptions);
const wsUrl = `ws://${place}`;
const wsOptions = { api_key: apiKey, api_secret: secret, wsUrl, beautify: false };

// Prices well away from the market, on the tick; 0.8 and 1.2 of it are the limits.
async function prices() {
  const ticker = await rest.getSymbolOrderBookTicker({ symbol });
  const away = (factor) => (Math.floor(Number(ticker.bidPrice) * factor * 100) / 100).toFixed(2);
  return { low: away(0.9), lower: away(0.88) };
}

const maker = (price, extra = {}) => (
    { symbol, side: 'BUY', type: 'LIMIT_MAKER', price, quantity: '0.01000', ...extra });

// The client leaves the time to its user.
const stamped = (params) => ({ ...params, timestamp: Date.now() });

async function publicRest() {
  await call('REST ping', () => rest.testConnectivity());
  await call('REST time', () => rest.get('api/v3/time'), (t) => {
    if (Math.abs(t.serverTime - Date.now()) > 5000) throw new Error('another time');
  });
  await call('REST exchangeInfo', () => rest.getExchangeInfo({ symbol }), (info) => {
    equal(info.symbols[0].symbol, symbol, 'symbol');
    equal(info.symbols[0].filters[0].filterType, 'PRICE_FILTER', 'first filter');
  });
  await call('REST depth', () => rest.getOrderBook({ symbol, limit: 20 }), (book) => {
    equal(book.bids.length, 20, 'levels');
    return `lastUpdateId ${book.lastUpdateId}`;
  });
  await call('REST trades', () => rest.getRecentTrades({ symbol, limit: 5 }));
  await call('REST aggTrades', () => rest.getAggregateTrades({ symbol, limit: 5 }));
  await call('REST ticker/price', () => rest.getSymbolPriceTicker({ symbol }));
  await call('REST ticker/bookTicker', () => rest.getSymbolOrderBookTicker());
  await refused('REST depth of NOSUCH', () => rest.getOrderBook({ symbol: 'NOSUCH' }), -1121);
}

async function restOrders({ low, lower }) {
  await call('REST account', () => rest.getAccountInformation(), (a) => {
    const usdt = a.balances.find((b) => b.asset === 'USDT');
    return `USDT ${usdt.free}`;
  });
  await call('REST apiRestrictions', () => rest.getApiKeyPermissions(),
             (p) => equal(p.enableSpotAndMarginTrading, true, 'may trade'));
  await call('REST order/test', () => rest.testNewOrder(maker(low)));
  const placed = await call('REST order POST',
      () => rest.submitNewOrder(maker(low, { newOrderRespType: 'RESULT' })),
      (o) => equal(o.status, 'NEW', 'status'));
  await call('REST order GET', () => rest.getOrder({ symbol, orderId: placed?.orderId }),
             (o) => equal(o.origQty, '0.01000000', 'origQty'));
  const amended = await call('REST order/amend/keepPriority',
      () => rest.putPrivate('api/v3/order/amend/keepPriority',
                            { symbol, orderId: placed?.orderId, newQty: '0.00500' }),
      (a) => equal(a.amendedOrder.qty, '0.00500000', 'qty'));
  const replaced = await call('REST order/cancelReplace', () => rest.replaceOrder({
    ...maker(lower, { newOrderRespType: 'RESULT' }), cancelReplaceMode: 'STOP_ON_FAILURE',
    cancelOrderId: amended?.amendedOrder.orderId }),
    (r) => equal(r.newOrderResult, 'SUCCESS', 'newOrderResult'));
  await call('REST openOrders GET', () => rest.getOpenOrders({ symbol }),
             (orders) => equal(orders.length, 1, 'open orders'));
  await call('REST order DELETE',
      () => rest.cancelOrder({ symbol, orderId: replaced?.newOrderResponse.orderId }),
      (c) => equal(c.status, 'CANCELED', 'status'));
  await refused('REST order DELETE again',
      () => rest.cancelOrder({ symbol, orderId: replaced?.newOrderResponse.orderId }), -2011);
  await rest.submitNewOrder(maker(low));
  await rest.submitNewOrder(maker(lower));
  await call('REST openOrders DELETE', () => rest.cancelAllSymbolOrders({ symbol }),
             (all) => equal(all.length, 2, 'canceled orders'));
  await call('REST allOrders', () => rest.getAllOrders({ symbol }));
  await call('REST rateLimit/order', () => rest.getOrderRateLimit());
  await refused('REST order POST off the tick',
      () => rest.submitNewOrder(maker(low, { price: `${low}5` })), -1013);
  const wrong = new MainClient({ ...restOptions, api_secret: 'wrong' });
  if (!secret.includes('BEGIN')) {
    await refused('REST account with a wrong secret', () => wrong.getAccountInformation(), -1022);
  }
}

async function wsApi({ low, lower }) {
  const api = new WebsocketAPIClient({ ...wsOptions, attachEventListeners: false }, quiet);
  const events = [];
  const socket = api.getWSClient();
  socket.on('formattedUserDataMessage', () => undefined);
  socket.on('message', (m) => {
    const event = m.event ?? m;
    if (event.e !== undefined) events.push(event);
  });
  const until = async (name, wanted) => {
    for (let waited = 0; waited < kTimeLimitMs; waited += 20) {
      const found = events.find(wanted);
      if (found !== undefined) return found;
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`no such event among ${events.map((e) => `${e.e}/${e.x}`)}: ${name}`);
  };
  await call('WS API ping', () => api.testSpotConnectivity());
  await call('WS API time', () => api.getSpotServerTime());
  await call('WS API exchangeInfo', () => api.getSpotExchangeInfo({ symbol }),
             (a) => equal(a.result.symbols[0].symbol, symbol, 'symbol'));
  await call('WS API depth', () => api.getSpotOrderBook({ symbol, limit: 5 }),
             (a) => equal(a.result.bids.length, 5, 'levels'));
  await call('WS API ticker.book', () => api.getSpotSymbolOrderBookTicker({ symbol }));
  await call('WS API session.status', () => api.getSpotSessionStatus());
  await call('WS API userDataStream.subscribe', () => api.subscribeUserDataStream('mainWSAPI'));
  await call('WS API account.status', () => api.getSpotAccountInformation(stamped({})),
             (a) => `uid ${a.result.uid}`);
  await call('WS API order.test', () => api.testSpotOrder(stamped(maker(low))));
  const placed = await call('WS API order.place',
      () => api.submitNewSpotOrder(stamped(maker(low, { newOrderRespType: 'RESULT' }))),
      (a) => equal(a.result.status, 'NEW', 'status'));
  const id = placed?.result.orderId;
  await call('user data executionReport NEW',
             () => until('NEW', (e) => e.i === id && e.x === 'NEW'));
  await call('user data outboundAccountPosition',
             () => until('balances', (e) => e.e === 'outboundAccountPosition'));
  await call('WS API order.status', () => api.getSpotOrderStatus(stamped({ symbol, orderId: id })));
  await call('WS API order.amend.keepPriority',
      () => api.amendSpotOrderKeepPriority(stamped({ symbol, orderId: id, newQty: '0.00500' })),
      (a) => equal(a.result.amendedOrder.qty, '0.00500000', 'qty'));
  await call('user data executionReport REPLACED',
             () => until('REPLACED', (e) => e.i === id && e.x === 'REPLACED'));
  const replaced = await call('WS API order.cancelReplace',
      () => api.cancelReplaceSpotOrder(stamped({
    ...maker(lower, { newOrderRespType: 'RESULT' }), cancelReplaceMode: 'STOP_ON_FAILURE',
    cancelOrderId: id })), (a) => equal(a.result.cancelResult, 'SUCCESS', 'cancelResult'));
  await call('user data executionReport CANCELED',
             () => until('CANCELED', (e) => e.i === id && e.x === 'CANCELED'));
  await call('WS API openOrders.status', () => api.getSpotOpenOrders(stamped({ symbol })),
             (a) => equal(a.result.length, 1, 'open orders'));
  const next = { symbol, orderId: replaced?.result.newOrderResponse.orderId };
  await call('WS API order.cancel', () => api.cancelSpotOrder(stamped(next)));
  await refused('WS API order.cancel again', () => api.cancelSpotOrder(stamped(next)), -2011);
  const taken = await call('WS API order.place MARKET', () => api.submitNewSpotOrder(stamped(
      { symbol, side: 'BUY', type: 'MARKET', quantity: '0.00100', newOrderRespType: 'FULL' })),
      (a) => equal(a.result.status, 'FILLED', 'status'));
  await call('user data executionReport TRADE',
             () => until('TRADE', (e) => e.i === taken?.result.orderId && e.x === 'TRADE'));
  const ofTaken = { symbol, orderId: taken?.result.orderId };
  const traded = (trades) => equal(trades.reduce((total, t) => total + Number(t.qty), 0).toFixed(5),
                                   '0.00100', 'traded quantity');
  await call('WS API myTrades', () => api.getSpotMyTrades(stamped(ofTaken)),
             (a) => traded(a.result));
  await call('REST myTrades', () => rest.getAccountTradeList(ofTaken), traded);
  await refused('WS API order.place LIMIT_MAKER across the market',
      () => api.submitNewSpotOrder(stamped(
      maker((Number(low) * 1.2).toFixed(2)))), -2010);
  await api.submitNewSpotOrder(stamped(maker(low)));
  await call('WS API openOrders.cancelAll', () => api.cancelAllSpotOpenOrders(stamped({ symbol })),
             (a) => equal(a.result.length, 1, 'canceled orders'));
  await call('WS API account.rateLimits.orders', () => api.getSpotOrderRateLimits(stamped({})));
  await call('WS API allOrders', () => api.getSpotAllOrders(stamped({ symbol })));
  await call('WS API userDataStream.unsubscribe', () => api.unsubscribeUserDataStream('mainWSAPI'));
  api.disconnectAll();
}

// Each kind of stream says something, and diffs follow each other without a hole.
async function streams() {
  const client = new WebsocketClient(wsOptions, quiet);
  const wanted = { trade: 'e', aggTrade: 'e', bookTicker: 'B', 'depth20@100ms': 'lastUpdateId',
                   'depth@100ms': 'U' };
  const heard = new Map();
  let last = 0;
  let holes = 0;
  client.on('exception', () => undefined);
  client.on('message', (m) => {
    const data = m.data ?? m;
    const stream = m.stream ?? m.streamName ?? '';
    heard.set(stream, data);
    if (stream.endsWith('@depth@100ms') && data.U !== undefined) {
      if (last !== 0 && data.U !== last + 1) ++holes;
      last = data.u;
    }
  });
  const topics = Object.keys(wanted).map((kind) => `${symbol.toLowerCase()}@${kind}`);
  await call('WS SUBSCRIBE', () => client.subscribe(topics, 'main'));
  for (const topic of topics) {
    await call(`WS ${topic}`, async () => {
      for (let waited = 0; waited < kTimeLimitMs; waited += 20) {
        if (heard.has(topic)) return heard.get(topic);
        await new Promise((done) => setTimeout(done, 20));
      }
      throw new Error(`nothing heard; there was ${[...heard.keys()]}`);
    }, (data) => {
      const field = wanted[topic.slice(symbol.length + 1)];
      if (data[field] === undefined) throw new Error(`no ${field} in ${JSON.stringify(data)}`);
    });
  }
  await call('WS depth chain', () => new Promise((done) => setTimeout(done, 1000)),
             () => equal(holes, 0, 'holes'));
  await call('WS UNSUBSCRIBE', () => client.unsubscribe(topics, 'main'));
  client.closeAll(true);
}

await publicRest();
const level = await prices();
await restOrders(level);
await wsApi(level);
await streams();
console.log(`${account}: ${failures === 0 ? 'all calls as expected' : `${failures} failed`}`);
process.exit(failures === 0 ? 0 : 1);
