#!/usr/bin/env python3
"""The same loop as asyncio clients are written: python3-websockets and the json module.

Usage: asyncio_loop.py --port P [--ca FILE] --seconds S
"""

import argparse
import asyncio
import json
import ssl

import websockets


async def trade(url, context):
    market_url = url + "/ws/btcusdt@depth20@100ms"
    async with websockets.connect(market_url, ssl=context, compression=None) as market:
        async with websockets.connect(url + "/ws-api/v3", ssl=context, compression=None) as orders:

            async def ignore_answers():
                async for _ in orders:
                    pass

            answers = asyncio.create_task(ignore_answers())
            async for text in market:
                book = json.loads(text)
                order = {
                    "id": "1",
                    "method": "order.place",
                    "params": {
                        "symbol": "BTCUSDT",
                        "side": "BUY",
                        "type": "LIMIT_MAKER",
                        "quantity": "0.00100",
                        "newClientOrderId": "bench1",
                        "price": book["bids"][0][0],
                    },
                }
                await orders.send(json.dumps(order))
            answers.cancel()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca")
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    context = ssl.create_default_context(cafile=options.ca) if options.ca else None
    url = f"{'wss' if context else 'ws'}://127.0.0.1:{options.port}"
    try:
        await asyncio.wait_for(trade(url, context), options.seconds)
    except asyncio.TimeoutError:
        pass


asyncio.run(main())
