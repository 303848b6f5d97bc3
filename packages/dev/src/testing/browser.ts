import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why browser tests cannot run here; false where they can. In CI a missing browser is a failure. */
export const skipBrowser: string | false =
  existsSync(executablePath) || process.env['CI'] !== undefined
    ? false
    : `needs Debian's Chromium (apt-get install chromium)`;

/** A Chromium, and what its pages complained of. */
export class TestBrowser {
  /** Uncaught script errors, and errors that the page logged to the console. */
  readonly faults: string[] = [];
  /** The addresses that pages asked for, other than those of the viewer. */
  readonly foreign: string[] = [];
  readonly #browser: Browser;
  readonly #pages: Page[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(flags: readonly string[] = []): Promise<TestBrowser> {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', ...flags];
    return new TestBrowser(await chromium.launch({ executablePath, args }));
  }

  /** Opens a page, and waits until it has heard from the viewer. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.#browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
    this.#pages.push(page);
    const { origin } = new URL(url);
    page.on('pageerror', (error) => this.faults.push(error.stack ?? error.message));
    page.on('console', (message) => {
      // A stack trace of the tests names sources that are nowhere.
      const isSource = message.location().url.includes('/api/source');
      if (message.type() === 'error' && !isSource) this.faults.push(message.text());
    });
    page.setDefaultTimeout(60_000);
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.foreign.push(request.url());
    });
    await page.goto(url);
    await page.locator('.live.live, .live.paused').waitFor();
    return page;
  }

  /** The status that an address is answered with. */
  async getStatus(url: string): Promise<number | undefined> {
    const page = await this.#browser.newPage();
    this.#pages.push(page);
    return (await page.goto(url))?.status();
  }

  /** Closes the pages of a test; the browser stays. */
  async closePages(): Promise<void> {
    await Promise.all(this.#pages.splice(0).map((page) => page.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
