"""Opens the dashboard in headless Chromium, clicks what a person would, and says what it saw.

Usage: dashboard_in_browser.py URL PICTURE.png [--width N] [--height N] [--light] [--look]
                               [--monitor PID] [--over died|ended]

Talks to the browser over its debugging pipe. Prints one JSON object: every console message, page
error and request to another host, and the outcome of each step. With --look it clicks nothing;
--over is for an engine that has died or ended.
"""
import argparse
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE_S = 30


class Browser:
    """One page of a Chromium of its own."""

    def __init__(self, options):
        self.profile = tempfile.mkdtemp(prefix='mm_chromium_')
        to_browser, self.to_browser = os.pipe()
        self.from_browser, from_browser = os.pipe()

        def give_pipes():
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
             '--no-first-run', '--remote-debugging-pipe', '--ignore-certificate-errors',
             '--disable-background-networking', f'--user-data-dir={self.profile}',
             f'--window-size={options.width},{options.height}', 'about:blank'],
            env={**os.environ, 'HOME': self.profile}, preexec_fn=give_pipes, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.unread, self.number, self.session = b'', 0, None
        self.wrong, self.hosts = [], set()
        target = self.ask('Target.createTarget', url='about:blank')['targetId']
        self.session = self.ask('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Runtime', 'Log', 'Network', 'Page'):
            self.ask(domain + '.enable')
        self.ask('Emulation.setDeviceMetricsOverride', width=options.width, height=options.height,
                 deviceScaleFactor=1, mobile=options.width < 600)
        self.ask('Emulation.setScrollbarsHidden', hidden=True)
        self.ask('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'light' if options.light else 'dark'}])

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def read(self):
        while b'\0' not in self.unread:
            more = os.read(self.from_browser, 1 << 16)
            if not more:
                raise RuntimeError('the browser has gone')
            self.unread += more
        text, self.unread = self.unread.split(b'\0', 1)
        return json.loads(text)

    def note(self, message):
        method, what = message.get('method'), message.get('params', {})
        if method == 'Runtime.exceptionThrown':
            self.wrong.append(str(what['exceptionDetails'].get('exception', what)))
        elif method == 'Runtime.consoleAPICalled':
            self.wrong.append(str(what['args']))
        elif method == 'Log.entryAdded':
            self.wrong.append(what['entry']['text'] + ' ' + what['entry'].get('url', ''))
        elif method == 'Network.requestWillBeSent':
            url = what['request']['url']
            if '://' in url:
                self.hosts.add(url.split('/')[2])

    def ask(self, method, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.read()
            if answer.get('id') == self.number:
                return answer.get('result', {'error': answer.get('error')})
            self.note(answer)

    def value(self, script):
        result = self.ask('Runtime.evaluate', expression=script, returnByValue=True,
                          awaitPromise=True)
        return result.get('result', {}).get('value')

    def wait(self, script):
        """Whether it becomes true."""
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            if self.value(script):
                return True
            time.sleep(0.05)
        return False

    def picture(self, file):
        data = self.ask('Page.captureScreenshot', captureBeyondViewport=True)['data']
        with open(file, 'wb') as out:
            out.write(base64.b64decode(data))


QUOTES = "[...document.querySelectorAll('.tile')].find(t => t.textContent.startsWith('quotes'))" \
         ".textContent"
ORDERS = "document.querySelectorAll('#orders tbody tr').length"
LIFE = "document.getElementById('life').textContent"
NOTICE = "document.getElementById('notice').textContent"
LOCKED = "['pause', 'resume', 'kill'].every(id => document.getElementById(id).disabled)"
# On a copy: a canvas that is read again and again is warned of.
INK = """Math.min(...[...document.querySelectorAll('canvas')].map(c => {
  const copy = new OffscreenCanvas(c.width, c.height).getContext('2d');
  copy.drawImage(c, 0, 0);
  const bytes = copy.getImageData(0, 0, c.width, c.height).data;
  let pixels = 0;
  for (let i = 3; i < bytes.length; i += 4) if (bytes[i] > 0) ++pixels;
  return pixels;
}))"""


def choose(page, element, value):
    page.value(f"document.getElementById('{element}').value = '{value}'")


def click(page, element):
    page.value(f"document.getElementById('{element}').click()")


def steps(page, options):
    seen = {}
    seen['running'] = page.wait("document.getElementById('life').textContent === 'running'")
    seen['quotes'] = page.wait(f"{QUOTES}.includes('quotesquoting') && {ORDERS} > 0")
    seen['plots'] = page.wait(f"document.querySelectorAll('canvas').length === 8 && {INK} > 200")
    # No pointer is on them.
    seen['legends_have_values'] = page.wait(
        "(values => values.length > 8 && values.every(v => v.textContent !== '--'))("
        "[...document.querySelectorAll('#price .u-value, #position .u-value, #profit .u-value')])")
    seen['token_hidden'] = page.value("location.hash === ''")
    if options.look:
        return seen
    seen['can_be_steered'] = page.wait(f"!{LOCKED}")
    click(page, 'pause')
    seen['paused'] = page.wait(f"{QUOTES}.includes('quotespaused') && {ORDERS} === 0")
    seen['levels_say_why'] = page.wait(
        "[...document.querySelectorAll('#levels tbody tr')].every(r => r.textContent.includes("
        "'paused'))")
    seen['timeline_says_why'] = page.wait(
        "document.getElementById('reasons').textContent.includes('paused')")
    click(page, 'resume')
    seen['taken_up'] = page.wait(
        f"{NOTICE} === 'resume all: the engine has taken it up'")
    seen['resumed'] = page.wait(f"{QUOTES}.includes('quotesquoting') && {ORDERS} > 0")
    choose(page, 'scope', 'sell')
    click(page, 'pause')
    seen['one_side_paused'] = page.wait(f"{QUOTES}.includes('sell paused')")
    choose(page, 'scope', 'buy')
    click(page, 'resume')
    seen['other_side_resumed'] = page.wait(f"{NOTICE} === 'resume buy: the engine has taken it up'")
    seen['that_side_stays_paused'] = page.wait(f"{QUOTES}.includes('sell paused')")
    choose(page, 'scope', 'sell')
    click(page, 'resume')
    seen['that_side_resumed'] = page.wait(f"{QUOTES}.includes('quotesquoting')")
    choose(page, 'scope', 'all')
    click(page, 'kill')
    seen['kill_asks'] = page.wait("document.getElementById('confirm').open")
    page.value("document.querySelector('#confirm button[value=no]').click()")
    seen['kill_was_not_done'] = page.wait(f"!document.getElementById('confirm').open && {ORDERS} > 0")
    page.value("document.getElementById('order_side').value = 'buy';"
               "document.getElementById('order_side').dispatchEvent(new Event('input'))")
    seen['filtered'] = page.wait(
        f"{ORDERS} > 0 && [...document.querySelectorAll('#orders tbody tr')].every("
        "r => r.cells[0].textContent === 'buy')")
    click(page, 'theme')
    page.value("document.querySelector('#config summary').click()")
    seen['config'] = page.wait(
        "document.querySelector('#config pre').textContent.includes('[strategy]')")
    page.value("document.querySelector('#config summary').click()")
    click(page, 'theme')
    return seen


def silence_steps(page, options):
    """The monitor hangs, and goes on."""
    seen = {}
    os.kill(options.monitor, signal.SIGSTOP)
    try:
        seen['silence_is_said'] = page.wait(f"{LIFE} === 'the monitor says nothing' && {LOCKED}")
    finally:
        os.kill(options.monitor, signal.SIGCONT)
    seen['goes_on'] = page.wait(f"{LIFE} === 'running' && !{LOCKED}")
    return seen


def kill_steps(page):
    click(page, 'kill')
    page.value("document.querySelector('#confirm button[value=yes]').click()")
    seen = {
        'kill_taken_up': page.wait(f"{NOTICE} === 'kill: the engine has taken it up'"),
        'kill_is_shown': page.wait(f"{LIFE} === 'stopped: halted' && {ORDERS} === 0")}
    choose(page, 'scope', 'sell')
    seen['resume_says_what_it_ends'] = page.wait(
        "document.getElementById('resume').textContent === 'End halt'")
    click(page, 'resume')
    seen['and_asks'] = page.wait(
        "document.getElementById('confirm').open && "
        "document.getElementById('consequence').textContent.includes('halted')")
    page.value("document.querySelector('#confirm button[value=no]').click()")
    seen['nothing_was_done'] = page.wait(
        f"!document.getElementById('confirm').open && {LIFE} === 'stopped: halted'")
    click(page, 'resume')
    page.value("document.querySelector('#confirm button[value=yes]').click()")
    seen['halt_ended'] = page.wait(f"{LIFE} === 'running' && {ORDERS} > 0")
    return seen


def token_steps(page):
    """A token that is not the monitor's, and the right one."""
    login = "document.getElementById('login')"
    words = "document.getElementById('refused')"
    enter = "document.querySelector('#login button').click()"
    token = page.value("sessionStorage.getItem('token')")
    page.value("sessionStorage.setItem('token', 'of-another-monitor'); location.reload()")
    seen = {'wrong_token_is_said': page.wait(
        f"{login}?.open && !{words}.hidden && {words}.textContent.includes('another token')"
        f" && {LIFE} === 'wrong token'")}
    choose(page, 'token', 'not a token')
    page.value(enter)
    seen['no_token_is_said'] = page.wait(
        f"{login}.open && {words}.textContent.includes('no token')")
    choose(page, 'token', token)
    page.value(enter)
    seen['right_token_opens'] = page.wait(f"{LIFE} === 'running' && !{login}.open")
    return seen


def over_steps(page, options):
    """Of an engine that is not there any more."""
    seen = {'is_over': page.wait(f"{LIFE} === '{options.over}'")}
    disabled = "document.getElementById('{}').disabled"
    seen['nothing_to_resume'] = page.value(
        f"document.getElementById('resume').textContent === 'Resume' && {disabled.format('resume')}"
        f" && {disabled.format('pause')}")
    if options.over == 'ended':
        seen['nothing_to_kill'] = page.value(disabled.format('kill'))
        return seen
    click(page, 'kill')
    seen['kill_says_what_it_does'] = page.wait(
        "document.getElementById('confirm').open && "
        "document.getElementById('consequence').textContent.includes('HALT')")
    page.value("document.querySelector('#confirm button[value=yes]').click()")
    seen['halt_is_written'] = page.wait(f"{NOTICE}.includes('HALT is written')")
    return seen


def end_steps(page, options):
    """The monitor ends while the engine goes on."""
    os.kill(options.monitor, signal.SIGINT)
    seen = {'monitor_ended': page.wait(f"{LIFE} === 'the monitor ended' && {LOCKED}")}
    time.sleep(1.5)  # a vain attempt to connect
    seen['and_that_is_kept'] = page.value(f"{LIFE} === 'the monitor ended' && {LOCKED}")
    return seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('url')
    parser.add_argument('picture')
    parser.add_argument('--width', type=int, default=1440)
    parser.add_argument('--height', type=int, default=1300)
    parser.add_argument('--light', action='store_true')
    parser.add_argument('--look', action='store_true')
    parser.add_argument('--monitor', type=int, help='its process: is stopped and continued')
    parser.add_argument('--over', choices=('died', 'ended'))
    parser.add_argument('--after', type=float, default=0)
    options = parser.parse_args()
    page = Browser(options)
    try:
        page.ask('Page.navigate', url=options.url)
        if options.after:
            time.sleep(options.after)
        if options.over:
            seen = over_steps(page, options)
            page.picture(options.picture)
            print(json.dumps({'hosts': sorted(page.hosts), **seen}))
            return
        seen = steps(page, options)
        if options.monitor:
            seen.update(silence_steps(page, options))
        seen['header_leaves_room'] = page.value(
            "document.querySelector('header').offsetHeight <= innerHeight / 4")
        if page.value("document.querySelectorAll('#symbols select option').length > 8"):
            page.value("(s => { s.value = 9; s.onchange(); })("
                       "document.querySelector('#symbols select'))")
            seen['any_symbol_can_be_chosen'] = page.wait(
                "document.title.startsWith('S9USDT ') && "
                "document.querySelector('#symbols select').value === '9'")
        seen['nothing_sticks_out'] = page.value(
            'document.documentElement.scrollWidth <= innerWidth')
        page.picture(options.picture)
        if not options.look:
            seen.update(kill_steps(page))
        wrong = list(page.wrong)  # a browser says of every vain attempt to connect
        if not options.look:
            seen.update(token_steps(page))
        if options.monitor:
            seen.update(end_steps(page, options))
        print(json.dumps({'wrong': wrong, 'hosts': sorted(page.hosts), **seen}))
    finally:
        page.close()


if __name__ == '__main__':
    main()
