// Put services in order by dragging them. The buttons beside each do the same, and need no script.

/** Let the items of a list be dragged; the new order is sent with the list's own form token. */
export function enhanceOrder (list) {
  const token = list.querySelector('input[name="token"]')
  if (!token || list.children.length < 2) return
  let dragged = null
  for (const item of list.children) {
    item.draggable = true
    item.addEventListener('dragstart', (event) => {
      dragged = item
      event.dataTransfer.effectAllowed = 'move'
      event.dataTransfer.setData('text/plain', item.dataset.service)
      item.classList.add('ch-services__item--dragged')
    })
    item.addEventListener('dragover', (event) => {
      if (!dragged || dragged === item) return
      event.preventDefault()
      const box = item.getBoundingClientRect()
      item[event.clientY < box.top + box.height / 2 ? 'before' : 'after'](dragged)
    })
    item.addEventListener('drop', (event) => event.preventDefault())
    item.addEventListener('dragend', () => {
      item.classList.remove('ch-services__item--dragged')
      dragged = null
      send(list, token.value)
    })
  }
}

function send (list, token) {
  const form = document.createElement('form')
  form.method = 'post'
  form.action = list.dataset.chOrder
  const put = (name, value) => {
    const box = document.createElement('input')
    box.type = 'hidden'
    box.name = name
    box.value = value
    form.append(box)
  }
  put('token', token)
  for (const item of list.children) put('service', item.dataset.service)
  document.body.append(form)
  form.submit()
}
