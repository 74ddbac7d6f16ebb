// A file of its own, for the page's policy allows no inline scripts. The key is Mantine's.
(function () {
    let wish = 'auto';
    try {
        wish = localStorage.getItem('miniredis-color-scheme') || 'auto';
    } catch {
        // Storage is closed to us: the system's scheme it is.
    }
    const dark =
        wish === 'dark' || (wish === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
